use reqwest::Method;
use serde_json::json;
use test_kit::http::send;

use crate::inventory::{on_both, refused};

#[tokio::test]
async fn what_is_right_in_a_batch_is_made_and_the_rest_says_why_not() {
    on_both(async |inventory| {
        inventory.category("Tools").await;
        let ada = inventory.member("ada").client;
        let batch = json!({ "items": [
            { "name": "Saw", "category": "tools", "units": 2 },
            { "name": "\u{202e}", "category": "nowhere", "units": 0 },
            { "name": "Axe", "category": "tools" },
        ] });
        let answer = ada.post("/api/v1/items/batch", &batch).await.expect(207);
        assert_eq!(answer.header("cache-group-invalidation"), Some("\"items\", \"categories\""));
        let results = answer.json()["results"].clone();
        let statuses: Vec<_> = results.as_array().unwrap().iter().map(|result| result["status"].clone()).collect();
        assert_eq!(statuses, [201, 422, 201]);
        assert_eq!((&results[0]["item"]["name"], &results[0]["problem"]), (&json!("Saw"), &json!(null)));
        let pointers: Vec<_> = results[1]["problem"]["errors"].as_array().unwrap().iter().collect();
        assert_eq!(
            pointers.iter().map(|error| &error["pointer"]).collect::<Vec<_>>(),
            ["/name", "/category", "/units"]
        );
        assert_eq!(inventory.names("sort=name").await, ["Axe", "Saw"]);
    })
    .await;
}

#[tokio::test]
async fn a_batch_sent_twice_with_one_key_is_made_once() {
    on_both(async |inventory| {
        inventory.category("Tools").await;
        let ada = inventory.member("ada").client;
        let items: Vec<_> =
            (0..100).map(|number| json!({ "name": format!("Saw {number}"), "category": "tools" })).collect();
        let mut answers = Vec::new();
        for _ in 0..2 {
            let request = ada.request(Method::POST, "/api/v1/items/batch").header("idempotency-key", "batch-1");
            answers.push(send(request.json(&json!({ "items": items }))).await.expect(207));
        }
        assert_eq!(answers[0].body, answers[1].body);
        assert_eq!(answers[1].header("idempotent-replayed"), Some("true"));
        assert_eq!(inventory.names("limit=100").await.len(), 100);
    })
    .await;
}

#[tokio::test]
async fn a_batch_of_nothing_or_of_too_much_is_refused() {
    on_both(async |inventory| {
        inventory.category("Tools").await;
        let ada = inventory.member("ada").client;
        let saw = json!({ "name": "Saw", "category": "tools" });
        for items in [json!(null), json!([]), json!(vec![saw.clone(); 101])] {
            let answer = ada.post("/api/v1/items/batch", &json!({ "items": items })).await.expect(422);
            assert_eq!(refused(&answer), ["/items"]);
        }
        let tags = vec!["x"; 10_000];
        let many = json!({ "items": [{ "name": "Saw", "category": "tools", "tags": tags }] });
        let many = ada.post("/api/v1/items/batch", &many).await.expect(207).json();
        assert_eq!(many["results"][0]["problem"]["errors"][0]["pointer"], "/tags");
        ada.post("/api/v1/items/batch", &json!({ "items": [{ "colour": "red" }] })).await.expect(400);
        inventory.anonymous().post("/api/v1/items/batch", &json!({ "items": [saw] })).await.expect(401);
        assert_eq!(inventory.names("").await, Vec::<String>::new());
    })
    .await;
}
