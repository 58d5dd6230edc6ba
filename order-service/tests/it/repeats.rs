use futures_util::future::join_all;
use inventory_api::{Approval, Item};
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::{Answer, Client, send};

use crate::shop::{drill, line, on_both, pays, place};
use crate::stuck::stuck;

#[tokio::test]
async fn fifty_posts_with_one_key_are_one_order() {
    on_both(async |shop| {
        let ben = shop.member("ben");
        let body = json!({ "lines": [line(shop.drill())], "payment": pays("approved") });
        let answers = join_all((0..50).map(|_| place(&ben, "the-key", &body))).await;
        let mut locations: Vec<_> = answers.iter().filter_map(|answer| answer.header("location")).collect();
        // Who comes while the first is at work is told so.
        assert!(answers.iter().all(|answer| [202, 409].contains(&answer.status)), "{answers:?}");
        locations.dedup();
        assert_eq!(locations.len(), 1);
        let again = place(&ben, "the-key", &body).await.expect(202);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.header("location"), locations.first().copied());
        let mine = ben.get("/api/v1/orders").await.expect(200).json();
        assert_eq!(mine["items"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_key_is_for_one_body_and_one_member() {
    on_both(async |shop| {
        let (ben, cy) = (shop.member("ben"), shop.member("cy"));
        let body = json!({ "lines": [line(shop.drill())], "payment": pays("approved") });
        let first = place(&ben, "the-key", &body).await.expect(202);
        let other = json!({ "lines": [{ "item_id": shop.novel() }], "payment": pays("approved") });
        assert_eq!(place(&ben, "the-key", &other).await.expect(422).problem(), "key_reused");
        // Another member's key is their own, whatever was done with the same words.
        let foreign = place(&cy, "the-key", &body).await.expect(202);
        assert_eq!(foreign.header("idempotent-replayed"), None);
        assert_ne!(foreign.header("location"), first.header("location"));
    })
    .await;
}

#[tokio::test]
async fn what_was_done_is_answered_although_the_inventory_is_away() {
    on_both(async |shop| {
        let ben = shop.member("ben");
        let body = json!({ "lines": [line(shop.drill())], "payment": pays("approved") });
        let first = place(&ben, "the-key", &body).await.expect(202);
        shop.settled(first.header("location").unwrap(), "confirmed").await;
        shop.world.shelves.set_down(true);
        let again = place(&ben, "the-key", &body).await.expect(202);
        assert_eq!(again.body, first.body);
        let away = place(&ben, "another-key", &body).await.expect(503);
        assert!(away.header("retry-after").is_some());
        shop.world.shelves.set_down(false);
    })
    .await;
}

/// Does something to an order with a key.
async fn keyed(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    send(client.request(Method::POST, path).header("idempotency-key", key).json(body)).await
}

#[tokio::test]
async fn what_is_done_to_an_order_with_the_same_key_is_done_once_and_answered_again() {
    on_both(async |shop| {
        let asked = shop.offer(Item { approval: Approval::Owner, ..drill(1) });
        let order = shop.place("ben", &json!({ "lines": [line(asked)], "payment": pays("approved") })).await;
        shop.settled(&order, "awaiting_approval").await;
        let (ada, nothing) = (shop.member("ada"), json!({}));
        for (act, then) in [("approve", "confirmed"), ("hand-over", "active"), ("return", "closed")] {
            let path = format!("{order}/{act}");
            let first = keyed(&ada, &path, "the-key", &nothing).await.expect(200);
            shop.settled(&order, then).await;
            let again = keyed(&ada, &path, "the-key", &nothing).await.expect(200);
            assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &first.body), "{act}");
            assert_eq!(again.etag(), first.etag());
            // No body, and one without fields, are the same request.
            let bare = ada.request(Method::POST, &path).header("idempotency-key", "the-key");
            assert_eq!(send(bare).await.expect(200).body, first.body);
            let other = keyed(&ada, &path, "the-key", &json!({ "colour": 1 })).await.expect(400);
            assert_eq!(other.problem(), "unknown_field");
            keyed(&ada, &path, "another-key", &nothing).await.expect(409);
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_is_for_one_order_and_one_body_whatever_is_done() {
    on_both(async |shop| {
        let (one, other) = (shop.ordered("approved").await, shop.ordered("approved").await);
        for order in [&one, &other] {
            shop.settled(order, "confirmed").await;
        }
        let (ben, ada, nothing) = (shop.member("ben"), shop.member("ada"), json!({}));
        keyed(&ben, &format!("{one}/cancel"), "the-key", &nothing).await.expect(200);
        let again = keyed(&ben, &format!("{one}/cancel"), "the-key", &nothing).await.expect(200);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        let elsewhere = keyed(&ben, &format!("{other}/cancel"), "the-key", &nothing).await.expect(422);
        assert_eq!(elsewhere.problem(), "key_reused");
        // What was refused was not done, so its key is still free.
        keyed(&ada, &format!("{one}/hand-over"), "the-key", &nothing).await.expect(409);
        let noted = json!({ "note": "clean" });
        keyed(&ada, &format!("{other}/hand-over"), "the-key", &noted).await.expect(200);
        let otherwise = keyed(&ada, &format!("{other}/hand-over"), "the-key", &nothing).await.expect(422);
        assert_eq!(otherwise.problem(), "key_reused");
    })
    .await;
}

#[tokio::test]
async fn a_decision_with_the_same_key_is_taken_once_and_answered_again() {
    on_both(async |shop| {
        let (admin, nothing) = (shop.admin(), json!({}));
        for (decision, then) in [("undo", "cancelled"), ("retry", "confirmed"), ("accept", "confirmed")] {
            let order = stuck(shop).await;
            let path = format!("{order}/steps/2/{decision}");
            let first = keyed(&admin, &path, decision, &nothing).await.expect(200);
            let again = keyed(&admin, &path, decision, &nothing).await.expect(200);
            assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &first.body), "{decision}");
            assert_eq!(
                keyed(&admin, &path, "once-more", &json!({ "colour": 1 })).await.expect(400).problem(),
                "unknown_field"
            );
            shop.settled_later(&order, then).await;
        }
    })
    .await;
}

#[tokio::test]
async fn cancelling_and_handing_over_at_once_ends_in_one_of_them() {
    cancel_against_hand_over(20).await;
}

#[tokio::test]
async fn cancelling_while_things_are_promised_leaves_nothing_behind_or_is_too_late() {
    cancel_against_confirm(20).await;
}

/// The same races as often as it takes to meet every moment of them.
mod soak {
    use super::{cancel_against_confirm, cancel_against_hand_over};

    #[tokio::test]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn of_a_thousand_cancellations_at_the_hand_over_one_side_wins_each() {
        cancel_against_hand_over(1_000).await;
    }

    #[tokio::test]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn of_a_thousand_cancellations_during_the_saga_none_leaves_anything_behind() {
        cancel_against_confirm(1_000).await;
    }
}

async fn cancel_against_hand_over(times: u32) {
    on_both(async |shop| {
        for _ in 0..times {
            let order = shop.ordered("approved").await;
            shop.settled(&order, "confirmed").await;
            let nothing = json!({});
            let (cancelled, out) = tokio::join!(
                shop.act("ben", &order, "cancel", &nothing),
                shop.act("ada", &order, "hand-over", &nothing)
            );
            let mut statuses = [cancelled.status, out.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 409]);
            if out.status == 200 {
                shop.act("ada", &order, "return", &nothing).await.expect(200);
                shop.settled(&order, "closed").await;
            } else {
                shop.settled(&order, "cancelled").await;
            }
        }
    })
    .await;
}

async fn cancel_against_confirm(times: u32) {
    on_both(async |shop| {
        for _ in 0..times {
            let order = shop.ordered("approved").await;
            // Anywhere between the first step and the last.
            shop.act("ben", &order, "cancel", &json!({})).await.expect(200);
            shop.settled(&order, "cancelled").await;
            shop.nothing_is_left_over().await;
        }
    })
    .await;
}
