use http::HeaderMap;
use inventory_api::{Reservation, ReservationClient};
use serde_json::{Value, json};

use crate::inventory::{on_both_at_noon, refused, text};
use crate::reservations::{days, hold, id, item};

fn labels(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|unit| text(&unit["label"])).collect()
}

#[tokio::test]
async fn an_owner_names_and_numbers_what_an_item_stands_for() {
    on_both_at_noon(async |inventory, _| {
        let item = item(inventory, 2, json!({ "condition": "fair" })).await;
        let ada = inventory.member("ada").client;
        let units = format!("/api/v1/items/{item}/units");
        assert_eq!(labels(&ada.get(&units).await.expect(200).json()), ["1", "2"]);
        let added = ada.post(&units, &json!({ "label": " Red one ", "condition": "new" })).await.expect(201);
        assert_eq!((text(&added.json()["label"]), added.etag()), ("Red one".to_owned(), "\"1\"".to_owned()));
        assert_eq!(added.header("cache-group-invalidation"), Some(&*format!("\"items\", \"item:{item}\"")));
        let unit = added.header("location").unwrap().to_owned();
        let changed = ada.patch(&unit, "\"1\"", &json!({ "label": "Blue one" })).await.expect(200);
        assert_eq!((text(&changed.json()["condition"]), changed.etag()), ("new".to_owned(), "\"2\"".to_owned()));
        assert_eq!(ada.patch(&unit, "\"2\"", &json!({})).await.expect(200).etag(), "\"2\"");
        ada.patch(&unit, "\"1\"", &json!({ "label": "x" })).await.expect(412);
        let shown = inventory.anonymous().get(&format!("/api/v1/items/{item}")).await.expect(200).json();
        assert_eq!((&shown["units"], &shown["version"]), (&json!(3), &json!(2)));

        ada.delete(&unit, "\"2\"").await.expect(204);
        ada.delete(&unit, "\"2\"").await.expect(404);
        assert_eq!(labels(&ada.get(&units).await.expect(200).json()), ["1", "2"]);
        let third = ada.post(&units, &json!({})).await.expect(201).json();
        assert_eq!((text(&third["label"]), text(&third["condition"])), ("4".to_owned(), "fair".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_unit_out_of_service_is_not_lent_and_hands_its_bookings_on() {
    on_both_at_noon(async |inventory, _| {
        let item = item(inventory, 2, json!({})).await;
        let ada = inventory.member("ada").client;
        let (client, none) = (inventory.reservations(), HeaderMap::new());
        let free = async || client.free(item, Some(days(1, 2)), &none).await.unwrap();
        let held: Reservation = client.hold(id(1), &hold(item, 1, days(1, 2)), &none).await.unwrap();
        let unit = format!("/api/v1/items/{item}/units/{}", held.unit_ids[0]);
        assert_eq!(free().await, 1);
        ada.patch(&unit, "\"1\"", &json!({ "out_of_service": true })).await.expect(200);
        assert_eq!(free().await, 0);
        let moved = client.reservation(id(1), &none).await.unwrap();
        assert_ne!(moved.unit_ids, held.unit_ids);

        let last = format!("/api/v1/items/{item}/units/{}", moved.unit_ids[0]);
        ada.patch(&last, "*", &json!({ "out_of_service": true })).await.expect(200);
        assert_eq!(client.reservation(id(1), &none).await.unwrap().unit_ids, moved.unit_ids, "there is no other");
        ada.delete(&last, "*").await.expect(409);
        ada.patch(&unit, "*", &json!({ "out_of_service": null })).await.expect(200);
        assert_eq!(free().await, 0, "the booking has a claim to what is left");
        ada.delete(&last, "*").await.expect(204);
        assert_eq!(client.reservation(id(1), &none).await.unwrap().unit_ids, held.unit_ids);
        ada.delete(&unit, "*").await.expect(409);
    })
    .await;
}

#[tokio::test]
async fn units_are_their_owners_and_bad_ones_are_refused() {
    on_both_at_noon(async |inventory, _| {
        let item = item(inventory, 1, json!({})).await;
        let (ada, bob) = (inventory.member("ada").client, inventory.member("bob").client);
        let units = format!("/api/v1/items/{item}/units");
        bob.get(&units).await.expect(403);
        bob.post(&units, &json!({})).await.expect(403);
        inventory.anonymous().get(&units).await.expect(401);
        inventory.admin().client.get(&units).await.expect(200);
        let bad = json!({ "label": "\u{202e}evil", "condition": "mint" });
        assert_eq!(refused(&ada.post(&units, &bad).await.expect(422)), ["/label", "/condition"]);
        let long = json!({ "label": "x".repeat(61) });
        assert_eq!(refused(&ada.post(&units, &long).await.expect(422)), ["/label"]);
        let only = text(&ada.get(&units).await.expect(200).json()["items"][0]["id"]);
        ada.delete(&format!("{units}/{only}"), "*").await.expect(409);
        ada.patch(&format!("/api/v1/items/{item}"), "*", &json!({ "units": 1000 })).await.expect(200);
        ada.post(&units, &json!({})).await.expect(409);
    })
    .await;
}
