use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::send;

use crate::payments::{key, on_both, text};
use crate::schema::mismatch;

fn document() -> Value {
    serde_json::to_value(payment_service::openapi()).unwrap()
}

#[test]
fn the_published_document_is_the_codes_own() {
    let own = payment_service::openapi().to_pretty_json().unwrap() + "\n";
    assert!(include_str!("../../api/openapi.json") == own, "run `cargo xtask openapi`");
}

#[test]
fn every_operation_has_an_id_a_summary_and_a_security() {
    let document = document();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            for member in ["operationId", "summary", "security"] {
                assert!(!operation[member].is_null(), "{method} {path} has no {member}");
            }
            let asks = operation["security"].to_string().contains("service");
            assert_eq!(asks, path.starts_with("/internal/"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn every_operation_answers_as_the_document_says() {
    on_both(async |payments| {
        let document = document();
        let payment = payments.authorise(1, "tok_approved").await.expect(200).json();
        let id = text(&payment["id"]);
        let (unused, nowhere) = ("/{id}", "/01890a5d-ac96-774b-bcce-b302099a8057");
        let bodies = [
            json!(null),
            json!({}),
            json!({ "colour": 1 }),
            payments.request(1, "tok_approved"),
            json!({ "step": "one", "amount": { "amount_minor": 1, "currency": "EUR" } }),
            json!({ "step": "one" }),
        ];
        let clients =
            [payments.anonymous(), payments.member("bob").client, payments.admin().client, payments.service()];
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let there = path.replace("/{order_id}/{step}", key(1).trim_start_matches("/internal/v1/payments"));
                let there = there.replace("{provider}", "stripe");
                let addresses = [there.replace("{id}", &id), there.replace(unused, nowhere), format!("{there}?x=1")];
                for (address, client) in addresses.iter().flat_map(|address| clients.iter().map(move |c| (address, c)))
                {
                    for body in &bodies {
                        let request =
                            client.request(Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(), address);
                        let answer = send(if method == "get" { request } else { request.json(body) }).await;
                        let described = &operation["responses"][answer.status.to_string()];
                        assert!(described.is_object(), "{method} {address} {body}: {answer:?}");
                        let Some(content) = described["content"].as_object() else { continue };
                        let schema = &content[answer.header("content-type").unwrap()]["schema"];
                        let mismatch = mismatch(&document, schema, &answer.json());
                        assert_eq!(mismatch, None, "{method} {address} {}", answer.status);
                    }
                }
            }
        }
    })
    .await;
}
