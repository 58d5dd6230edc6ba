use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::{Answer, Client, send};
use tokio::task::JoinSet;

use crate::inventory::on_both;

async fn post(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    send(client.request(Method::POST, path).header("idempotency-key", key).json(body)).await
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_and_makes_nothing_new() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let (ada, bob) = (inventory.member("ada").client, inventory.member("bob").client);
        let item = json!({ "name": "Saw", "category": category });
        let first = post(&ada, "/api/v1/items", "one", &item).await.expect(201);
        assert_eq!(first.header("idempotent-replayed"), None);
        let again = post(&ada, "/api/v1/items", "one", &item).await.expect(201);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!((again.json(), again.etag()), (first.json(), first.etag()));
        for name in ["location", "cache-group-invalidation"] {
            assert_eq!(again.header(name), first.header(name));
        }

        let other = json!({ "name": "Axe", "category": category });
        assert_eq!(post(&ada, "/api/v1/items", "one", &other).await.expect(422).problem(), "key_reused");
        let of_bob = post(&bob, "/api/v1/items", "one", &other).await.expect(201);
        assert_eq!(of_bob.header("idempotent-replayed"), None, "a key is its owner's own");
        post(&ada, "/api/v1/items", "two", &item).await.expect(201);
        assert_eq!(inventory.names("sort=name").await, ["Axe", "Saw", "Saw"]);
    })
    .await;
}

#[tokio::test]
async fn a_refused_request_does_not_use_its_key_up() {
    on_both(async |inventory| {
        let ada = inventory.member("ada").client;
        let item = json!({ "name": "Saw", "category": "tools" });
        post(&ada, "/api/v1/items", "one", &item).await.expect(422);
        inventory.category("Tools").await;
        post(&ada, "/api/v1/items", "one", &item).await.expect(201);
        for key in ["", "two words", &"x".repeat(256)] {
            assert_eq!(post(&ada, "/api/v1/items", key, &item).await.expect(400).problem(), "malformed_request");
        }
    })
    .await;
}

#[tokio::test]
async fn fifty_requests_with_one_key_make_one_item() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let ada = inventory.member("ada").client;
        let mut requests = JoinSet::new();
        for _ in 0..50 {
            let (ada, item) = (ada.clone(), json!({ "name": "Saw", "category": category }));
            requests.spawn(async move { post(&ada, "/api/v1/items", "one", &item).await });
        }
        let answers = requests.join_all().await;
        let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(made.iter().filter(|answer| answer.header("idempotent-replayed").is_none()).count(), 1);
        assert!(made.iter().all(|answer| answer.json() == made[0].json()));
        let in_flight = answers.iter().filter(|answer| answer.status == 409);
        assert_eq!(in_flight.count() + made.len(), 50);
        assert_eq!(inventory.names("").await, ["Saw"]);
    })
    .await;
}

#[tokio::test]
async fn a_category_is_made_once_for_a_key() {
    on_both(async |inventory| {
        let admin = inventory.admin().client;
        let category = json!({ "name": "Tools" });
        let first = post(&admin, "/api/v1/categories", "one", &category).await.expect(201);
        let again = post(&admin, "/api/v1/categories", "one", &category).await.expect(201);
        assert_eq!((again.header("idempotent-replayed"), again.json()), (Some("true"), first.json()));
        post(&admin, "/api/v1/categories", "two", &category).await.expect(409);
    })
    .await;
}
