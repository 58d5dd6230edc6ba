use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderMap;
use inventory_api::{
    HoldRequest, HttpReservations, Period, Reservation, ReservationClient, ReservationError, ReservationId,
    ReservationState,
};
use serde_json::{Value, json};
use uuid::Uuid;
use vocabulary::ItemId;

use crate::inventory::{Inventory, NOON, address, on_both_at_noon, refused, text};

/// Days after noon of the first day, from and to.
pub(crate) fn days(from: i64, to: i64) -> Period {
    let noon: DateTime<Utc> = NOON.parse().unwrap();
    Period { start: noon + TimeDelta::days(from), end: noon + TimeDelta::days(to) }
}

pub(crate) fn id(number: u128) -> ReservationId {
    ReservationId::new(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number))
}

pub(crate) fn hold(item: ItemId, units: i64, period: impl Into<Option<Period>>) -> HoldRequest {
    HoldRequest {
        item_id: Some(item),
        units: Some(units),
        period: period.into().map(Into::into),
        borrower_id: Some(vocabulary::UserId::new(Uuid::from_u128(7))),
        ttl_seconds: Some(600),
    }
}

/// An item with so many units, and what `more` says of it.
pub(crate) async fn item(inventory: &Inventory, units: u32, more: Value) -> ItemId {
    // There from the first item on.
    inventory.admin().client.post("/api/v1/categories", &json!({ "name": "Tools" })).await;
    let mut body = json!({ "name": "Drill", "category": "tools", "units": units });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = inventory.member("ada").offers(&body).await;
    text(&made.json()["id"]).parse().unwrap()
}

async fn state(client: &HttpReservations, id: ReservationId) -> ReservationState {
    client.reservation(id, &HeaderMap::new()).await.unwrap().state
}

async fn holds(
    client: &HttpReservations,
    number: u128,
    request: &HoldRequest,
) -> Result<Reservation, ReservationError> {
    client.hold(id(number), request, &HeaderMap::new()).await
}

#[tokio::test]
async fn a_unit_is_held_promised_handed_over_and_taken_back() {
    on_both_at_noon(async |inventory, _| {
        let item = item(inventory, 2, json!({})).await;
        let client = inventory.reservations();
        let none = HeaderMap::new();
        let held = holds(&client, 1, &hold(item, 1, days(1, 3))).await.unwrap();
        assert_eq!((held.state, held.units, held.version, held.unit_ids.len()), (ReservationState::Held, 1, 1, 1));
        assert_eq!(held.period, Some(days(1, 3)));
        assert_eq!(held.expires_at, Some(NOON.parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(10)));
        assert_eq!(client.free(item, Some(days(2, 4)), &none).await.unwrap(), 1);

        let confirmed = client.confirm(held.id, &none).await.unwrap();
        assert_eq!((confirmed.state, confirmed.expires_at, confirmed.version), (ReservationState::Confirmed, None, 2));
        let out = client.check_out(held.id, Some("a scratch"), &none).await.unwrap();
        assert_eq!((out.state, out.check_out_note.as_deref()), (ReservationState::CheckedOut, Some("a scratch")));
        let back = client.take_back(held.id, Some("two scratches"), &none).await.unwrap();
        assert_eq!((back.state, back.version), (ReservationState::Returned, 4));
        assert_eq!(
            (back.check_out_note.as_deref(), back.return_note.as_deref()),
            (Some("a scratch"), Some("two scratches"))
        );
        assert_eq!(client.reservation(held.id, &none).await.unwrap(), back);
        assert_eq!(client.free(item, Some(days(2, 4)), &none).await.unwrap(), 2, "it is free as soon as it is back");
    })
    .await;
}

#[tokio::test]
async fn every_call_may_be_repeated() {
    on_both_at_noon(async |inventory, _| {
        let item = item(inventory, 1, json!({})).await;
        let client = inventory.reservations();
        let none = HeaderMap::new();
        let request = hold(item, 1, days(1, 3));
        let first = holds(&client, 1, &request).await.unwrap();
        assert_eq!(holds(&client, 1, &request).await.unwrap(), first);
        for _ in 0..2 {
            assert_eq!(client.confirm(id(1), &none).await.unwrap().version, 2);
        }
        for _ in 0..2 {
            assert_eq!(client.check_out(id(1), None, &none).await.unwrap().version, 3);
        }
        assert_eq!(client.confirm(id(1), &none).await.unwrap().version, 3, "late, and done already");
        for _ in 0..2 {
            assert_eq!(client.take_back(id(1), None, &none).await.unwrap().version, 4);
        }
        let other = holds(&client, 1, &hold(item, 1, days(1, 4))).await.unwrap_err();
        assert!(matches!(other, ReservationError::Refused(_)), "{other}");
    })
    .await;
}

#[tokio::test]
async fn a_release_is_final_whether_it_comes_after_the_hold_or_before() {
    on_both_at_noon(async |inventory, _| {
        let item = item(inventory, 1, json!({})).await;
        let client = inventory.reservations();
        let none = HeaderMap::new();
        holds(&client, 1, &hold(item, 1, days(1, 3))).await.unwrap();
        for never_seen_or_not in [1, 2] {
            for _ in 0..2 {
                client.release(id(never_seen_or_not), &none).await.unwrap();
            }
            let late = holds(&client, never_seen_or_not, &hold(item, 1, days(1, 3))).await.unwrap_err();
            assert!(matches!(late, ReservationError::Conflict(_)), "{late}");
        }
        assert_eq!(state(&client, id(1)).await, ReservationState::Released);
        let nothing = client.reservation(id(2), &none).await.unwrap_err();
        assert!(matches!(nothing, ReservationError::Missing(_)), "{nothing}");
        assert!(matches!(client.confirm(id(2), &none).await, Err(ReservationError::Missing(_))));
        assert_eq!(client.free(item, Some(days(1, 3)), &none).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_hold_ends_by_itself_without_anybody_doing_anything() {
    on_both_at_noon(async |inventory, hands| {
        let item = item(inventory, 1, json!({})).await;
        let client = inventory.reservations();
        let none = HeaderMap::new();
        holds(&client, 1, &hold(item, 1, days(1, 3))).await.unwrap();
        let second = holds(&client, 2, &hold(item, 1, days(2, 4))).await.unwrap_err();
        assert!(matches!(second, ReservationError::Conflict(_)), "{second}");
        hands.advance(Duration::from_secs(599));
        client.extend(id(1), Duration::from_secs(60), &none).await.unwrap();
        hands.advance(Duration::from_secs(59));
        assert_eq!(state(&client, id(1)).await, ReservationState::Held);
        hands.advance(Duration::from_secs(1));
        assert_eq!(state(&client, id(1)).await, ReservationState::Expired);
        assert!(matches!(client.confirm(id(1), &none).await, Err(ReservationError::Conflict(_))));
        assert_eq!(client.free(item, Some(days(1, 3)), &none).await.unwrap(), 1);
        holds(&client, 3, &hold(item, 1, days(2, 4))).await.unwrap();
        client.release(id(1), &none).await.unwrap();
        assert_eq!(state(&client, id(1)).await, ReservationState::Expired);
    })
    .await;
}

#[tokio::test]
async fn bookings_move_to_make_room_and_what_is_out_does_not() {
    on_both_at_noon(async |inventory, _| {
        let item = item(inventory, 2, json!({})).await;
        let client = inventory.reservations();
        let none = HeaderMap::new();
        let first = holds(&client, 1, &hold(item, 1, days(0, 2))).await.unwrap();
        let both = holds(&client, 2, &hold(item, 1, days(0, 4))).await.unwrap();
        assert_ne!(first.unit_ids, both.unit_ids);
        holds(&client, 3, &hold(item, 1, days(4, 6))).await.unwrap();
        client.release(id(2), &none).await.unwrap();
        let later = client.reservation(id(3), &none).await.unwrap();
        assert_eq!(later.unit_ids, first.unit_ids, "the first unit was free then");
        let crossing = holds(&client, 4, &hold(item, 1, days(1, 3))).await.unwrap();
        assert_eq!(crossing.unit_ids, both.unit_ids);
        client.confirm(id(1), &none).await.unwrap();
        client.check_out(id(1), None, &none).await.unwrap();
        // No unit is free from day 2 to 6, but once the last booking has gone to the other one, the first is.
        assert_eq!(client.free(item, Some(days(1, 6)), &none).await.unwrap(), 0);
        assert_eq!(client.free(item, Some(days(2, 6)), &none).await.unwrap(), 1);
        let long = holds(&client, 5, &hold(item, 1, days(2, 6))).await.unwrap();
        assert_eq!(long.unit_ids, first.unit_ids);
        assert_eq!(client.reservation(id(3), &none).await.unwrap().unit_ids, both.unit_ids);
        assert_eq!(client.reservation(id(1), &none).await.unwrap().unit_ids, first.unit_ids);
    })
    .await;
}

#[tokio::test]
async fn what_leaves_early_or_follows_something_late_gets_a_unit_that_is_there() {
    on_both_at_noon(async |inventory, hands| {
        let item = item(inventory, 1, json!({ "buffer_hours": 2 })).await;
        let client = inventory.reservations();
        let none = HeaderMap::new();
        for (number, period) in [(1, days(0, 2)), (2, days(3, 5))] {
            holds(&client, number, &hold(item, 1, period)).await.unwrap();
            client.confirm(id(number), &none).await.unwrap();
        }
        client.check_out(id(1), None, &none).await.unwrap();
        hands.advance(Duration::from_hours(72));
        let late = client.check_out(id(2), None, &none).await.unwrap_err();
        assert!(matches!(&late, ReservationError::Conflict(why) if why.contains("not come back")), "{late}");
        client.take_back(id(1), None, &none).await.unwrap();
        client.check_out(id(2), None, &none).await.unwrap();
        client.take_back(id(2), None, &none).await.unwrap();

        holds(&client, 3, &hold(item, 1, days(10, 11))).await.unwrap();
        client.confirm(id(3), &none).await.unwrap();
        client.check_out(id(3), None, &none).await.unwrap();
        assert_eq!(client.free(item, Some(days(4, 5)), &none).await.unwrap(), 0, "it is out although it begins later");
    })
    .await;
}

#[tokio::test]
async fn what_is_promised_to_somebody_else_before_is_not_handed_over_early() {
    on_both_at_noon(async |inventory, hands| {
        let item = item(inventory, 1, json!({})).await;
        let client = inventory.reservations();
        let none = HeaderMap::new();
        for (number, period) in [(1, days(1, 2)), (2, days(5, 6))] {
            holds(&client, number, &hold(item, 1, period)).await.unwrap();
            client.confirm(id(number), &none).await.unwrap();
        }
        let early = client.check_out(id(2), None, &none).await.unwrap_err();
        assert!(matches!(&early, ReservationError::Conflict(why) if why.contains("promised to others")), "{early}");
        assert_eq!(client.reservation(id(2), &none).await.unwrap().state, ReservationState::Confirmed);
        hands.advance(Duration::from_hours(72));
        client.check_out(id(2), None, &none).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_buffer_after_a_loan_is_nobodys() {
    on_both_at_noon(async |inventory, _| {
        let item = item(inventory, 1, json!({ "buffer_hours": 24 })).await;
        let client = inventory.reservations();
        holds(&client, 1, &hold(item, 1, days(5, 7))).await.unwrap();
        for (number, period, is_free) in
            [(2, days(7, 8), false), (3, days(3, 5), false), (4, days(8, 9), true), (5, days(2, 4), true)]
        {
            let free = client.free(item, Some(period), &HeaderMap::new()).await.unwrap();
            assert_eq!(free == 1, is_free, "{period:?}");
            assert_eq!(holds(&client, number, &hold(item, 1, period)).await.is_ok(), is_free, "{period:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_not_offered_cannot_be_held() {
    on_both_at_noon(async |inventory, _| {
        let client = inventory.reservations();
        let paused = item(inventory, 1, json!({ "status": "paused" })).await;
        let refused = holds(&client, 1, &hold(paused, 1, days(1, 2))).await.unwrap_err();
        assert!(matches!(refused, ReservationError::Conflict(_)), "{refused}");
        assert_eq!(client.free(paused, Some(days(1, 2)), &HeaderMap::new()).await.unwrap(), 0);
        let unknown = ItemId::new(Uuid::from_u128(9));
        let missing = holds(&client, 1, &hold(unknown, 1, days(1, 2))).await.unwrap_err();
        assert!(matches!(missing, ReservationError::Missing(_)), "{missing}");
        let two = item(inventory, 2, json!({})).await;
        let many = holds(&client, 1, &hold(two, 3, days(1, 2))).await.unwrap_err();
        assert!(many.to_string().contains("2 are free"), "{many}");
    })
    .await;
}

#[tokio::test]
async fn a_bad_period_is_answered_with_what_is_wrong() {
    on_both_at_noon(async |inventory, _| {
        let item = item(inventory, 1, json!({ "max_loan_days": 7 })).await;
        let service = inventory.service();
        let ask = async |period: Value| {
            let body = json!({ "item_id": item, "borrower_id": item, "period": period });
            let key = Uuid::from_u128(77).to_string();
            let request = service.request(reqwest::Method::POST, "/internal/v1/reservations");
            test_kit::http::send(request.header("idempotency-key", key).json(&body)).await
        };
        for (start, end, pointer) in [
            ("2027-03-12T12:00:00Z", "2027-03-11T12:00:00Z", "/period/end"),
            ("2027-03-09T12:00:00Z", "2027-03-11T12:00:00Z", "/period/start"),
            ("2027-03-12T12:00:00Z", "2037-03-12T12:00:00Z", "/period/end"),
        ] {
            let answer = ask(json!({ "start": start, "end": end })).await.expect(422);
            assert_eq!(refused(&answer), [pointer], "{start} {end}");
        }
        for (period, pointers) in [
            (json!(null), &["/period"][..]),
            (json!({}), &["/period/start", "/period/end"]),
            (json!({ "start": "soon", "end": 7 }), &["/period/end"]),
        ] {
            assert_eq!(refused(&ask(period).await.expect(422)), pointers);
        }
        let free = format!("/internal/v1/items/{item}/free");
        for query in ["", "?start=soon&end=later", "?start=2027-03-12T12:00:00Z"] {
            service.get(&format!("{free}{query}")).await.expect(422);
        }
        let bare = service.post("/internal/v1/reservations", &json!({})).await.expect(400);
        assert_eq!(bare.problem(), "malformed_request");
    })
    .await;
}

#[tokio::test]
async fn nothing_that_is_promised_can_be_taken_away() {
    on_both_at_noon(async |inventory, _| {
        let item = item(inventory, 3, json!({})).await;
        let client = inventory.reservations();
        let none = HeaderMap::new();
        let ada = inventory.member("ada").client;
        let path = format!("/api/v1/items/{item}");
        holds(&client, 1, &hold(item, 2, days(1, 3))).await.unwrap();
        ada.patch(&path, "*", &json!({ "units": 1 })).await.expect(409);
        ada.delete(&path, "*").await.expect(409);
        let sold = json!({ "offer": "sell", "units": null, "stock": 1, "buffer_hours": null,
            "price": { "amount_minor": 1, "currency": "EUR" } });
        ada.patch(&path, "*", &sold).await.expect(409);
        ada.patch(&path, "*", &json!({ "units": 2 })).await.expect(200);
        assert_eq!(client.free(item, Some(days(1, 3)), &none).await.unwrap(), 0);
        ada.patch(&path, "*", &json!({ "units": 5 })).await.expect(200);
        assert_eq!(client.free(item, Some(days(1, 3)), &none).await.unwrap(), 3);
        client.release(id(1), &none).await.unwrap();
        ada.patch(&path, "*", &sold).await.expect(200);
        ada.delete(&path, "*").await.expect(204);
    })
    .await;
}

#[tokio::test]
async fn a_change_that_changes_nothing_is_no_new_version() {
    on_both_at_noon(async |inventory, _| {
        let ada = inventory.member("ada");
        let category = inventory.category("Tools").await;
        let saw = json!({ "name": "Saw", "category": category });
        let address = address(&ada.offers(&saw).await);
        assert_eq!(ada.client.patch(&address, "\"1\"", &json!({})).await.expect(200).etag(), "\"1\"");
        assert_eq!(ada.client.put(&address, "\"1\"", &saw).await.expect(200).etag(), "\"1\"");
        ada.client.patch(&address, "\"9\"", &json!({})).await.expect(412);
        ada.client.patch(&address, "\"1\"", &json!({ "bogus": null })).await.expect(400);
    })
    .await;
}
