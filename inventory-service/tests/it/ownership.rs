use reqwest::Method;
use serde_json::json;
use test_kit::http::{Answer, Client, send};

use crate::inventory::{Inventory, address, on_both};

/// Every write of an item, as a client with these headers would send it.
async fn writes(client: &Client, address: &str, etag: Option<&str>) -> Vec<(Method, Answer)> {
    let document = json!({ "name": "Taken", "category": "tools" }).to_string();
    let mut answers = Vec::new();
    for (method, content_type) in [
        (Method::PUT, "application/json"),
        (Method::PATCH, "application/merge-patch+json"),
        (Method::DELETE, "application/json"),
    ] {
        let mut request = client.request(method.clone(), address).header("content-type", content_type);
        if let Some(etag) = etag {
            request = request.header("if-match", etag);
        }
        answers.push((method, send(request.body(document.clone())).await));
    }
    answers
}

async fn an_item_of_ada(inventory: &Inventory) -> Answer {
    inventory.category("Tools").await;
    inventory.member("ada").offers(&json!({ "name": "Saw", "category": "tools" })).await
}

#[tokio::test]
async fn nobody_but_the_owner_and_administrators_changes_an_item() {
    on_both(async |inventory| {
        let item = an_item_of_ada(inventory).await;
        let address = address(&item);
        let revoked = inventory.member("revoked").client;
        inventory.users.revoke("revoked");
        let nobody = inventory.anonymous().with_token("nobody");
        for stranger in [inventory.anonymous(), nobody, revoked, inventory.service()] {
            for (method, answer) in writes(&stranger, &address, Some("\"1\"")).await {
                assert_eq!(answer.status, 401, "{method}");
                assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
            }
            stranger.post("/api/v1/items", &json!({ "name": "Saw", "category": "tools" })).await.expect(401);
        }
        for (method, answer) in writes(&inventory.member("bob").client, &address, Some("\"1\"")).await {
            assert_eq!((answer.status, answer.problem()), (403, "forbidden".to_owned()), "{method}");
        }
        let read = inventory.anonymous().get(&address).await.expect(200);
        assert_eq!(read.json(), item.json(), "nothing was changed");

        let admin = inventory.admin().client;
        admin.patch(&address, "\"1\"", &json!({ "name": "Looked after" })).await.expect(200);
        admin.delete(&address, "\"2\"").await.expect(204);
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_told_in_an_order_that_reveals_nothing() {
    on_both(async |inventory| {
        let item = an_item_of_ada(inventory).await;
        let (ada, bob) = (inventory.member("ada").client, inventory.member("bob").client);
        let missing = "/api/v1/items/01890a5d-ac96-774b-bcce-b302099a8057";
        let address = address(&item);
        for (client, address, etag, status) in [
            (&inventory.anonymous(), missing, None, 401),
            (&bob, missing, None, 404),
            (&bob, &*address, None, 403),
            (&ada, &*address, None, 428),
            (&ada, &*address, Some("\"7\""), 412),
        ] {
            for (method, answer) in writes(client, address, etag).await {
                assert_eq!(answer.status, status, "{method} {address} {etag:?}");
            }
        }
        // A body that is no JSON is not looked at before it is clear that the caller may write at all.
        for (client, etag, status) in [(&bob, Some("\"1\""), 403), (&ada, None, 428), (&ada, Some("\"1\""), 400)] {
            let mut request = client.request(Method::PUT, &address).header("content-type", "application/json");
            if let Some(etag) = etag {
                request = request.header("if-match", etag);
            }
            assert_eq!(send(request.body("{")).await.status, status);
        }
    })
    .await;
}

#[tokio::test]
async fn internal_addresses_are_for_services_alone() {
    on_both(async |inventory| {
        let path = "/internal/v1/items/import?owner_id=01890a5d-ac96-774b-bcce-b302099a8057";
        let admin = inventory.admin().client;
        for stranger in [inventory.anonymous(), inventory.anonymous().with_token("nobody"), admin] {
            let request = stranger.request(Method::POST, path).header("content-type", "text/csv");
            send(request.body("name,category\nSaw,Tools\n")).await.expect(401);
        }
        assert_eq!(inventory.names("").await, Vec::<String>::new());
    })
    .await;
}
