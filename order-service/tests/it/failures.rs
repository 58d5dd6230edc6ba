//! Each way in which an order fails leaves nothing set aside, no money held, and a reason in plain words.

use std::time::Duration;

use inventory_api::Approval;
use serde_json::json;

use crate::shop::{drill, line, on_both, pays};

#[tokio::test]
async fn what_is_not_free_is_rejected() {
    on_both(async |shop| {
        let drill = shop.drill();
        let mut greedy = line(drill);
        greedy["units"] = json!(3);
        let novel = shop.novel();
        let body = json!({ "lines": [{ "item_id": novel }, greedy], "payment": pays("approved") });
        let order = shop.place("ben", &body).await;
        let rejected = shop.settled(&order, "rejected").await;
        assert_eq!(rejected["state_reason"], "Drill: 3 asked for, 2 free");
        assert!(shop.world.book.payments().is_empty(), "money was asked for");
        shop.nothing_is_left_over().await;
    })
    .await;
}

#[tokio::test]
async fn money_that_cannot_be_held_ends_the_order() {
    on_both(async |shop| {
        let order = shop.ordered("declined").await;
        let failed = shop.settled(&order, "payment_failed").await;
        assert_eq!(failed["state_reason"], "The bank declined it.");
        shop.nothing_is_left_over().await;
    })
    .await;
}

#[tokio::test]
async fn an_owner_who_declines_gives_a_reason() {
    on_both(async |shop| {
        let asked = shop.offer(inventory_api::Item { approval: Approval::Owner, ..drill(1) });
        let order = shop.place("ben", &json!({ "lines": [line(asked)], "payment": pays("approved") })).await;
        shop.settled(&order, "awaiting_approval").await;
        let body = json!({ "reason": "It is being repaired." });
        shop.act("ada", &order, "decline", &body).await.expect(200);
        let declined = shop.settled(&order, "declined").await;
        assert_eq!(declined["state_reason"], "It is being repaired.");
        shop.nothing_is_left_over().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_cancelled_is_given_back() {
    on_both(async |shop| {
        let (drill, novel) = (shop.drill(), shop.novel());
        let body = json!({ "lines": [line(drill), { "item_id": novel }], "payment": pays("approved") });
        let order = shop.place("ben", &body).await;
        shop.settled(&order, "confirmed").await;
        assert_eq!(shop.world.book.payments().remove(0).captured.amount_minor, 900);
        shop.act("ada", &order, "cancel", &json!({})).await.expect(403);
        let cancelled = shop.member("ben").post(&format!("{order}/cancel"), &json!({})).await.expect(200);
        assert_eq!(cancelled.json()["state"], "cancelled");
        let cancelled = shop.settled(&order, "cancelled").await;
        assert_eq!(cancelled["state_reason"], "Whoever ordered it has given it up.");
        shop.nothing_is_left_over().await;
        shop.act("ben", &order, "cancel", &json!({})).await.expect(409);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_paid_in_time_expires() {
    on_both(async |shop| {
        // The token `created` waits for the payer.
        let order = shop.ordered("created").await;
        let reserved = shop.admin();
        test_kit::wait_until("the money is asked for", Duration::from_secs(20), async || {
            let steps = reserved.get(&format!("{order}/steps")).await.expect(200).json();
            steps["items"][1]["outcome"] == "It has still to be paid."
        })
        .await;
        shop.world.pass(Duration::from_hours(24));
        let expired = shop.settled(&order, "expired").await;
        assert_eq!(expired["state_reason"], "It was not paid in time.");
        shop.nothing_is_left_over().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_not_approved_in_time_expires() {
    on_both(async |shop| {
        let asked = shop.offer(inventory_api::Item { approval: Approval::Owner, ..drill(1) });
        let order = shop.place("ben", &json!({ "lines": [line(asked)], "payment": pays("approved") })).await;
        shop.settled(&order, "awaiting_approval").await;
        shop.world.pass(Duration::from_hours(3 * 24));
        let expired = shop.settled(&order, "expired").await;
        assert_eq!(expired["state_reason"], "The owner did not agree in time.");
        shop.nothing_is_left_over().await;
    })
    .await;
}

#[tokio::test]
async fn a_payment_whose_answer_was_lost_is_asked_for_by_its_key_and_held_once() {
    on_both(async |shop| {
        shop.world.book.set_losing_answers(true);
        let order = shop.ordered("approved").await;
        test_kit::wait_until("the money is held", Duration::from_secs(20), async || {
            !shop.world.book.payments().is_empty()
        })
        .await;
        shop.world.book.set_losing_answers(false);
        shop.settled_later(&order, "confirmed").await;
        let payments = shop.world.book.payments();
        assert_eq!((payments.len(), payments[0].held.amount_minor), (1, 6_350));
    })
    .await;
}
