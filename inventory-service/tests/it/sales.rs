use std::time::Duration;

use http::HeaderMap;
use inventory_api::{ReservationClient, ReservationError};
use serde_json::json;
use vocabulary::ItemId;

use crate::inventory::{Inventory, on_both_at_noon, text};
use crate::reservations::{days, hold, id};

async fn novel(inventory: &Inventory, stock: u32) -> ItemId {
    let category = inventory.category("Books").await;
    let price = json!({ "amount_minor": 900, "currency": "EUR" });
    let novel = json!({ "name": "Novel", "category": category, "offer": "sell", "stock": stock, "price": price });
    text(&inventory.member("ada").offers(&novel).await.json()["id"]).parse().unwrap()
}

async fn stock(inventory: &Inventory, item: ItemId) -> u64 {
    inventory.anonymous().get(&format!("/api/v1/items/{item}")).await.expect(200).json()["stock"].as_u64().unwrap()
}

#[tokio::test]
async fn pieces_are_taken_from_the_stock_and_given_back() {
    on_both_at_noon(async |inventory, hands| {
        let item = novel(inventory, 5).await;
        let client = inventory.reservations();
        let none = HeaderMap::new();
        let held = client.hold(id(1), &hold(item, 3, None), &none).await.unwrap();
        assert_eq!((held.period, held.unit_ids.len()), (None, 0));
        assert_eq!(stock(inventory, item).await, 2);
        let refused = client.hold(id(2), &hold(item, 3, None), &none).await.unwrap_err();
        assert!(matches!(refused, ReservationError::Conflict(_)), "{refused}");
        client.release(id(1), &none).await.unwrap();
        assert_eq!(stock(inventory, item).await, 5);

        client.hold(id(3), &hold(item, 4, None), &none).await.unwrap();
        hands.advance(Duration::from_secs(600));
        assert_eq!(client.free(item, None, &none).await.unwrap(), 5, "the hold has run out");
        client.hold(id(4), &hold(item, 5, None), &none).await.unwrap();
        assert_eq!(stock(inventory, item).await, 0);
        client.confirm(id(4), &none).await.unwrap();
        client.check_out(id(4), None, &none).await.unwrap();
        inventory.member("ada").client.delete(&format!("/api/v1/items/{item}"), "*").await.expect(204);
    })
    .await;
}

#[tokio::test]
async fn what_comes_back_can_be_sold_again() {
    on_both_at_noon(async |inventory, _| {
        let item = novel(inventory, 1).await;
        let client = inventory.reservations();
        let none = HeaderMap::new();
        client.hold(id(1), &hold(item, 1, None), &none).await.unwrap();
        client.confirm(id(1), &none).await.unwrap();
        client.check_out(id(1), None, &none).await.unwrap();
        for _ in 0..2 {
            client.take_back(id(1), Some("dog-eared"), &none).await.unwrap();
        }
        assert_eq!(stock(inventory, item).await, 1);
        let lent = client.hold(id(2), &hold(item, 1, days(1, 2)), &none).await.unwrap_err();
        assert!(matches!(lent, ReservationError::Refused(_)), "{lent}");
    })
    .await;
}

#[tokio::test]
async fn of_many_who_want_the_last_piece_one_gets_it() {
    on_both_at_noon(async |inventory, _| {
        let item = novel(inventory, 1).await;
        let mut buyers = tokio::task::JoinSet::new();
        for number in 0..12 {
            let client = inventory.reservations();
            buyers.spawn(async move { client.hold(id(number), &hold(item, 1, None), &HeaderMap::new()).await.is_ok() });
        }
        let got = buyers.join_all().await;
        assert_eq!(got.iter().filter(|got| **got).count(), 1);
        assert_eq!(stock(inventory, item).await, 0);
    })
    .await;
}
