use std::collections::{BTreeMap, BTreeSet};

use image::ImageFormat;
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::{Answer, Client, send};
use uuid::Uuid;

use crate::inventory::{Inventory, address, on_both, text};
use crate::photos::picture;
use crate::schema::mismatch;

/// An operation of the document: its method, its path and what is said of it.
type Operation = (Method, String, Value);

fn document() -> Value {
    serde_json::to_value(inventory_service::openapi()).unwrap()
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

/// The addresses that a path with variables stands for: something that is there, and something that is not.
async fn addresses(inventory: &Inventory, (method, path, _): &Operation) -> Vec<String> {
    let item = json!({ "name": "Drill", "category": "tools" });
    let nothing = "01890a5d-ac96-774b-bcce-b302099a8057";
    if path.contains("/reservations/{id}") {
        let held = hold(inventory).await;
        return vec![path.replace("{id}", &held), path.replace("{id}", nothing), path.replace("{id}", "7")];
    }
    if path.contains("/photos/{") {
        let photo = photo(inventory, &item).await;
        let (item, id) = (text(&photo["item"]), text(&photo["id"]));
        let there = if path.contains("{photo_id}") { path.replace("{id}", &item) } else { path.replace("{id}", &id) };
        let there = there.replace("{photo_id}", &id);
        return vec![there.clone(), there.replace(&id, nothing), there.replace(&id, "7")];
    }
    if path.contains("{unit_id}") {
        let units = address(&inventory.member("ada").offers(&item).await) + "/units";
        let unit = inventory.member("ada").client.post(&units, &json!({})).await.expect(201).json();
        return vec![format!("{units}/{}", text(&unit["id"])), format!("{units}/{nothing}"), format!("{units}/7")];
    }
    if path.contains("{id}") {
        let there = address(&inventory.member("ada").offers(&item).await);
        let there = path.replace("{id}", there.rsplit('/').next().unwrap());
        return vec![there.clone(), path.replace("{id}", nothing), format!("{there}?start=2027-01-01T00:00:00Z")];
    }
    if path.contains("{slug}") {
        inventory.member("ada").offers(&item).await;
        let unused = inventory.category(&format!("Nothing to {method}")).await;
        return vec![path.replace("{slug}", &unused), path.replace("{slug}", "tools"), path.replace("{slug}", "none")];
    }
    let owner = inventory.member("ada").id;
    vec![format!("{path}?owner_id={owner}"), path.to_owned(), format!("{path}?colour=red")]
}

/// A photo of a new item, with the id of the item.
async fn photo(inventory: &Inventory, item: &Value) -> Value {
    let ada = inventory.member("ada");
    let item = ada.offers(item).await;
    let photos = address(&item) + "/photos";
    let file = picture(8, 8, ImageFormat::Jpeg);
    let added = ada.client.request(Method::POST, &photos).header("content-type", "image/jpeg").body(file);
    let mut photo = send(added).await.expect(201).json();
    photo["item"] = item.json()["id"].clone();
    photo
}

/// A piece of the novel there is, held: the id of the reservation.
async fn hold(inventory: &Inventory) -> String {
    let (novel, id) = (novel(inventory).await, Uuid::now_v7().to_string());
    let body = json!({ "item_id": novel, "borrower_id": novel });
    let request = inventory.service().request(Method::POST, "/internal/v1/reservations");
    send(request.header("idempotency-key", &id).json(&body)).await.expect(201);
    id
}

/// The id of something that is sold, of which there is enough.
async fn novel(inventory: &Inventory) -> String {
    let price = json!({ "amount_minor": 900, "currency": "EUR" });
    let novel = json!({ "name": "Novel", "category": "tools", "offer": "sell", "stock": 1000, "price": price, "tags": ["sold"] });
    text(&inventory.member("cy").offers(&novel).await.json()["id"])
}

/// The types of body that an operation takes, with bodies that are right, incomplete and broken; one empty one if none.
fn bodies(operation: &Value, sold: &str) -> Vec<(String, Vec<u8>)> {
    let Some(content) = operation["requestBody"]["content"].as_object() else {
        return vec![(String::new(), Vec::new())];
    };
    let right = r#"{"name":"Drill","category":"tools"}"#;
    let named = r#"{"name":"Power tools"}"#;
    let file = "name,category\nRake,Garden\n";
    let media_type = content.keys().next().unwrap();
    let wanted = json!({ "item_id": sold, "borrower_id": sold }).to_string();
    let extended = r#"{"ttl_seconds":60}"#;
    let several = r#"{"items":[{"name":"Drill","category":"tools"},{}]}"#;
    let photos = r#"{"photos":[]}"#;
    let mut bodies: Vec<_> = [right, named, file, &wanted, extended, several, photos, "{}", "{", r#"{"colour":1}"#]
        .map(|body| (media_type.clone(), body.as_bytes().to_vec()))
        .into();
    bodies.push((media_type.clone(), picture(8, 8, ImageFormat::Jpeg)));
    bodies.push(("text/plain".to_owned(), right.as_bytes().to_vec()));
    bodies
}

async fn ask(client: &Client, method: &Method, path: &str, if_match: &str, body: &(String, Vec<u8>)) -> Answer {
    let mut request = client.request(method.clone(), path);
    if path.ends_with("/reservations") {
        request = request.header("idempotency-key", Uuid::now_v7().to_string());
    }
    if !if_match.is_empty() {
        request = request.header("if-match", if_match);
    }
    if !body.0.is_empty() {
        request = request.header("content-type", &body.0).body(body.1.clone());
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
    if media_type.ends_with("json")
        && let Some(reason) = mismatch(document, &schema["schema"], &answer.json())
    {
        panic!("{method} {path} {status}: {reason}");
    }
    for name in response["headers"].as_object().into_iter().flat_map(serde_json::Map::keys) {
        let may_be_absent = operation["operationId"] == "import_items";
        assert!(answer.header(name).is_some() || may_be_absent, "{method} {path} {status} lacks {name}");
    }
    status
}

#[tokio::test]
async fn every_operation_answers_as_the_document_says() {
    on_both(async |inventory| {
        inventory.category("Tools").await;
        let sold = novel(inventory).await;
        let document = document();
        let clients = [
            inventory.anonymous(),
            inventory.anonymous().with_token("nobody"),
            inventory.member("bob").client,
            inventory.member("ada").client,
            inventory.admin().client,
            inventory.service(),
        ];
        let mut seen: BTreeMap<String, BTreeSet<u16>> = BTreeMap::new();
        for operation in operations(&document) {
            let (method, _, described_as) = &operation;
            let statuses = seen.entry(text(&described_as["operationId"])).or_default();
            for address in addresses(inventory, &operation).await {
                for client in &clients {
                    for if_match in ["", "\"99\"", "*"] {
                        for body in bodies(described_as, &sold) {
                            let answer = ask(client, method, &address, if_match, &body).await;
                            assert!(answer.status < 500, "{method} {address} {body:?}: {answer:?}");
                            statuses.insert(described(&document, &operation, &answer));
                        }
                    }
                }
            }
        }
        let reached: BTreeMap<_, Vec<_>> = [
            ("add_photo", vec![201, 400, 401, 403, 404, 415]),
            ("add_unit", vec![201, 400, 401, 403, 404, 415]),
            ("arrange_photos", vec![200, 400, 401, 403, 404, 412, 415, 422, 428]),
            ("change_unit", vec![200, 400, 401, 403, 404, 412, 415, 428]),
            ("check_out_units", vec![400, 401, 404, 409, 415]),
            ("confirm_reservation", vec![200, 401, 404]),
            ("count_free", vec![401, 404, 422]),
            ("create_category", vec![201, 400, 401, 403, 409, 415, 422]),
            ("create_item", vec![201, 400, 401, 415, 422]),
            ("create_items", vec![207, 400, 401, 415, 422]),
            ("delete_category", vec![204, 401, 403, 404, 409, 412, 428]),
            ("export_items", vec![200, 400, 401, 422]),
            ("export_my_items", vec![200, 400, 401]),
            ("extend_hold", vec![200, 400, 401, 404, 415, 422]),
            ("get_item", vec![200, 404]),
            ("item_history", vec![200, 400, 401, 403, 404]),
            ("item_availability", vec![200, 400, 404]),
            ("get_reservation", vec![200, 401, 404]),
            ("hold_units", vec![201, 400, 401, 415, 422]),
            ("import_items", vec![200, 400, 401, 415, 422]),
            ("get_category", vec![200, 404]),
            ("list_categories", vec![200, 400]),
            ("list_items", vec![200, 400]),
            ("list_my_items", vec![200, 400, 401]),
            ("list_units", vec![200, 401, 403, 404]),
            ("remove_photo", vec![204, 401, 403, 404, 412, 428]),
            ("remove_unit", vec![204, 401, 403, 404, 412, 428]),
            ("release_reservation", vec![204, 401, 404]),
            ("return_units", vec![400, 401, 404, 409, 415]),
            ("replace_category", vec![200, 400, 401, 403, 404, 412, 415, 422, 428]),
            ("replace_item", vec![200, 400, 401, 403, 404, 412, 415, 422, 428]),
            ("retire_item", vec![204, 401, 403, 404, 410, 412, 428]),
            ("show_photo", vec![200, 404]),
            ("show_thumbnail", vec![200, 404]),
            ("update_item", vec![200, 400, 401, 403, 404, 412, 415, 428]),
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
async fn every_operation_of_a_member_says_when_it_cannot_be_checked() {
    on_both(async |inventory| {
        inventory.category("Tools").await;
        let document = document();
        let ada = inventory.member("ada").client;
        for operation in operations(&document) {
            let (method, path, described_as) = &operation;
            if described_as["security"] != json!([{ "member": [] }]) {
                continue;
            }
            inventory.users.set_down(false);
            let address = addresses(inventory, &operation).await.remove(0);
            inventory.users.set_down(true);
            let body = bodies(described_as, "").remove(0);
            let answer = ask(&ada, method, &address, "*", &body).await;
            assert_eq!(described(&document, &operation, &answer), 503, "{method} {path}");
        }
    })
    .await;
}

#[test]
fn the_published_document_is_the_codes_own() {
    let own = inventory_service::openapi().to_pretty_json().unwrap() + "\n";
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
