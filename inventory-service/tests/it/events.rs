use std::time::Duration;

use http::HeaderMap;
use inventory_api::ReservationClient;
use serde_json::{Value, json};
use test_kit::wait_until;

use crate::inventory::{Inventory, on_both_at_noon};
use crate::reservations::{days, hold, id, item};

const SOON: Duration = Duration::from_secs(20);

/// What the feed tells, once there is as much.
async fn told(inventory: &Inventory, count: usize) -> Vec<Value> {
    let mut events = Vec::new();
    wait_until("the events are told", SOON, async || {
        let page = inventory.service().get("/internal/v1/events?after=0").await.expect(200).json();
        events.clone_from(page["events"].as_array().unwrap());
        events.len() >= count
    })
    .await;
    assert_eq!(events.len(), count, "{events:?}");
    events
}

fn states(events: &[Value]) -> Vec<(&str, &Value, &Value)> {
    let all = events.iter();
    all.map(|one| (one["type"].as_str().unwrap(), &one["before"]["state"], &one["after"]["state"])).collect()
}

#[tokio::test]
async fn every_change_of_a_reservation_is_told_once_the_lapse_of_a_hold_included() {
    on_both_at_noon(async |inventory, hands| {
        let item = item(inventory, 1, json!({})).await;
        let client = inventory.reservations();
        client.hold(id(1), &hold(item, 1, days(1, 3)), &HeaderMap::new()).await.unwrap();
        hands.advance(Duration::from_secs(601));
        client.hold(id(2), &hold(item, 1, days(1, 3)), &HeaderMap::new()).await.unwrap();
        client.confirm(id(2), &HeaderMap::new()).await.unwrap();
        client.confirm(id(2), &HeaderMap::new()).await.unwrap();
        let events = told(inventory, 5).await;
        let [held, expired, confirmed] = [json!("held"), json!("expired"), json!("confirmed")];
        let reservations = [
            ("item.created", &Value::Null, &Value::Null),
            ("reservation.held", &Value::Null, &held),
            ("reservation.changed", &held, &expired),
            ("reservation.held", &Value::Null, &held),
            ("reservation.changed", &held, &confirmed),
        ];
        assert_eq!(states(&events), reservations);
        assert!(events[1..].iter().all(|event| event["after"]["item_id"] == item.to_string()));
        assert_eq!(events[4]["version"], 2);
    })
    .await;
}

#[tokio::test]
async fn items_are_told_of_without_a_word_that_people_wrote() {
    on_both_at_noon(async |inventory, _| {
        let item = item(inventory, 1, json!({ "description": "Ask Ada on 555 0100" })).await;
        let owner = inventory.member("ada").client;
        let patch = json!({ "status": "paused" });
        let request = owner.request(reqwest::Method::PATCH, &format!("/api/v1/items/{item}"));
        let request = request.header("content-type", "application/merge-patch+json").header("if-match", "\"1\"");
        test_kit::http::send(request.json(&patch)).await.expect(200);
        let request = owner.request(reqwest::Method::DELETE, &format!("/api/v1/items/{item}"));
        test_kit::http::send(request.header("if-match", "\"2\"")).await.expect(204);
        let events = told(inventory, 3).await;
        let types: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
        assert_eq!(types, ["item.created", "item.changed", "item.retired"]);
        assert_eq!(events[1]["before"]["status"], "listed");
        assert_eq!(events[1]["after"]["status"], "paused");
        let all = serde_json::to_string(&events).unwrap();
        assert!(!all.contains("Ada") && !all.contains("Drill"), "{all}");
    })
    .await;
}
