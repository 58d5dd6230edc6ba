use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::{Answer, Client, send};
use uuid::Uuid;

use crate::schema::mismatch;
use crate::shop::{CREDENTIAL, Shop, line, on_both, pays};

/// An operation of the document: its method, its path and what is said of it.
type Operation = (Method, String, Value);

fn document() -> Value {
    serde_json::to_value(order_service::openapi()).unwrap()
}

fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().iter();
            methods.map(|(method, operation)| (method.to_uppercase().parse().unwrap(), path.clone(), operation.clone()))
        })
        .collect()
}

/// The addresses that a path with variables stands for: something that is there, something that is not, and nonsense.
fn addresses(path: &str, order: &str, item: &str) -> Vec<String> {
    let nothing = "01890a5d-ac96-774b-bcce-b302099a8057";
    let there = path.replace("{id}", order).replace("{item_id}", item).replace("{number}", "1");
    let missing = path.replace("{id}", nothing).replace("{item_id}", nothing).replace("{number}", "99");
    let nonsense = path.replace("{id}", "7").replace("{item_id}", "7").replace("{number}", "x");
    vec![format!("{there}?colour=red"), missing, nonsense, there]
}

fn bodies(operation: &Value, right: &Value) -> Vec<(&'static str, String)> {
    let nothing = ("", String::new());
    if operation["requestBody"].is_null() {
        return vec![nothing];
    }
    let json = "application/json";
    let bodies = [right.to_string(), "{}".to_owned(), "{".to_owned(), r#"{"colour":1}"#.to_owned()];
    let mut bodies: Vec<_> = bodies.into_iter().map(|body| (json, body)).collect();
    bodies.push((json, r#"{"units":0}"#.to_owned()));
    bodies.push(("text/plain", "{}".to_owned()));
    if operation["requestBody"]["required"] != true {
        bodies.push(nothing);
    }
    bodies
}

async fn ask(client: &Client, method: &Method, path: &str, body: &(&'static str, String)) -> Answer {
    let mut request = client.request(method.clone(), path).header("last-event-id", i64::MAX.to_string());
    request = request.header("idempotency-key", Uuid::now_v7().to_string());
    if !body.0.is_empty() {
        request = request.header("content-type", body.0).body(body.1.clone());
    }
    send(request).await
}

/// Panics unless the answer is one that the document describes; otherwise its status.
fn described(document: &Value, (method, path, operation): &Operation, answer: &Answer) -> u16 {
    let status = answer.status;
    let response = &operation["responses"][status.to_string()];
    assert!(response.is_object(), "{method} {path} answers {status}, which is not described: {answer:?}");
    let Some(content) = response["content"].as_object() else {
        assert!(answer.body.is_empty(), "{method} {path} {status} has a body");
        return status;
    };
    let media_type = answer.header("content-type").unwrap_or_default();
    let schema = content.get(media_type).unwrap_or_else(|| panic!("{method} {path} {status} answers {media_type}"));
    if let Some(reason) = mismatch(document, &schema["schema"], &answer.json()) {
        panic!("{method} {path} {status}: {reason}");
    }
    for name in response["headers"].as_object().into_iter().flat_map(serde_json::Map::keys) {
        assert!(answer.header(name).is_some(), "{method} {path} {status} lacks {name}");
    }
    status
}

/// An order that is over, whose events have all been seen.
async fn over(shop: &Shop) -> String {
    let order = shop.ordered("declined").await;
    shop.settled(&order, "payment_failed").await;
    order.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn every_operation_answers_as_the_document_says() {
    on_both(async |shop| {
        let order = over(shop).await;
        let item = shop.novel().to_string();
        let right = json!({ "lines": [{ "item_id": item }], "payment": pays("declined") });
        let document = document();
        let clients = [
            shop.anonymous(),
            shop.anonymous().with_token("nobody"),
            shop.member("cy"),
            shop.member("ben"),
            shop.member("ada"),
            shop.admin(),
            shop.anonymous().with_token(CREDENTIAL),
        ];
        let mut seen: BTreeMap<String, BTreeSet<u16>> = BTreeMap::new();
        for operation in operations(&document) {
            let (method, path, described_as) = &operation;
            let statuses = seen.entry(described_as["operationId"].as_str().unwrap().to_owned()).or_default();
            for address in addresses(path, &order, &item) {
                for client in &clients {
                    for body in bodies(described_as, &right) {
                        let answer = ask(client, method, &address, &body).await;
                        assert!(answer.status < 500, "{method} {address} {body:?}: {answer:?}");
                        statuses.insert(described(&document, &operation, &answer));
                    }
                }
            }
        }
        let reached: BTreeMap<_, Vec<_>> = [
            ("get_cart", vec![200, 400, 401]),
            ("put_cart_line", vec![200, 400, 401, 404, 415, 422]),
            ("remove_cart_line", vec![204, 400, 401, 404]),
            ("clear_cart", vec![204, 400, 401]),
            ("quote_cart", vec![200, 400, 401]),
            ("place_order", vec![202, 400, 401, 415, 422]),
            ("list_orders", vec![200, 400, 401]),
            ("get_order", vec![200, 400, 401, 404]),
            ("list_steps", vec![200, 400, 401, 404]),
            ("order_events", vec![204, 400, 401, 404]),
            ("cancel_order", vec![400, 401, 403, 404, 409, 415]),
            ("approve_order", vec![400, 401, 403, 404, 409, 415]),
            ("decline_order", vec![400, 401, 403, 404, 409, 415]),
            ("hand_over_order", vec![400, 401, 403, 404, 409, 415]),
            ("return_order", vec![400, 401, 403, 404, 409, 415]),
            ("retry_step", vec![400, 401, 403, 404, 409, 415]),
            ("undo_step", vec![400, 401, 403, 404, 409, 415]),
            ("accept_step", vec![400, 401, 403, 404, 409, 415]),
            ("list_stuck_orders", vec![200, 400, 401]),
            ("decide_step", vec![400, 401, 404, 415, 422]),
            ("list_events", vec![200, 400, 401]),
        ]
        .into();
        for (operation, statuses) in reached {
            let seen = &seen[operation];
            assert!(statuses.iter().all(|status| seen.contains(status)), "{operation}: {seen:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_quote_answers_as_the_document_says() {
    on_both(async |shop| {
        let (ben, document) = (shop.member("ben"), document());
        let line = ("application/json", r#"{"units":2}"#.to_owned());
        ask(&ben, &Method::PUT, &format!("/api/v1/cart/lines/{}", shop.novel()), &line).await.expect(200);
        let quote = operations(&document).into_iter().find(|(_, path, _)| path.ends_with("/cart/quote")).unwrap();
        let answer = ask(&ben, &quote.0, &quote.1, &("", String::new())).await;
        assert_eq!(described(&document, &quote, &answer), 200);
    })
    .await;
}

#[tokio::test]
async fn every_operation_of_a_member_says_when_it_cannot_be_checked() {
    on_both(async |shop| {
        let document = document();
        let order = over(shop).await;
        let ben = shop.member("ben");
        let right = json!({ "lines": [line(shop.drill())], "payment": pays("approved") });
        shop.world.users.set_down(true);
        for operation in operations(&document) {
            let (method, path, described_as) = &operation;
            if described_as["security"] != json!([{ "member": [] }]) {
                continue;
            }
            let address = addresses(path, &order, &order).pop().unwrap();
            let body = bodies(described_as, &right).remove(0);
            let answer = ask(&ben, method, &address, &body).await;
            assert_eq!(described(&document, &operation, &answer), 503, "{method} {path}");
        }
        shop.world.users.set_down(false);
    })
    .await;
}

#[test]
fn the_published_document_is_the_codes_own() {
    let own = order_service::openapi().to_pretty_json().unwrap() + "\n";
    assert!(include_str!("../../api/openapi.json") == own, "run `cargo xtask openapi`");
}

#[test]
fn every_operation_has_an_id_a_summary_and_a_security() {
    for (method, path, operation) in operations(&document()) {
        for member in ["operationId", "summary", "security"] {
            assert!(!operation[member].is_null(), "{method} {path} has no {member}");
        }
    }
}
