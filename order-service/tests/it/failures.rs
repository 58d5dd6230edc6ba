//! Each way in which an order fails leaves nothing set aside, no money held, and a reason in plain words.

use std::time::Duration;

use chrono::TimeDelta;
use inventory_api::{Approval, Item, Period};
use serde_json::{Value, json};

use crate::shop::{Shop, drill, line, on_both, pays, period};

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

/// A drill of which there is one, ordered by ben for the first days and by cy, with more, for the days after. Ben has it.
async fn one_after_the_other(shop: &Shop, more: &[Value]) -> [String; 2] {
    let only = shop.offer(Item { units: Some(1), ..drill(1) });
    let Period { end, .. } = period();
    let after = json!({ "item_id": only, "period": { "start": end, "end": end + TimeDelta::days(2) } });
    let second = [&[after], more].concat();
    let first = shop.place("ben", &json!({ "lines": [line(only)], "payment": pays("approved") })).await;
    let second = shop.place("cy", &json!({ "lines": second, "payment": pays("approved") })).await;
    for order in [&first, &second] {
        shop.settled(order, "confirmed").await;
    }
    shop.act("ada", &first, "hand-over", &json!({})).await.expect(200);
    shop.settled(&first, "active").await;
    [first, second]
}

#[tokio::test]
async fn what_has_not_come_back_yet_is_not_handed_over_and_not_paid_until_it_has() {
    on_both(async |shop| {
        let saw = shop.offer(Item { name: "Saw".to_owned(), ..drill(3) });
        let [first, second] = one_after_the_other(shop, &[line(saw), json!({ "item_id": shop.novel() })]).await;
        let taken = |amount: i64| shop.world.book.payments().iter().any(|paid| paid.captured.amount_minor == amount);
        assert!(taken(900), "the novel is paid");

        // Of the second order saw and novel go, and the drill stays.
        shop.act("ada", &second, "hand-over", &json!({ "note": "charged" })).await.expect(200);
        let half = shop.settled(&second, "active").await;
        let progress = |order: &Value| [0, 1, 2].map(|line| order["lines"][line]["progress"].clone());
        assert_eq!(progress(&half), ["agreed", "handed_over", "handed_over"]);
        assert_eq!(half["stuck"], false);
        let steps = shop.member("cy").get(&format!("{second}/steps")).await.expect(200).json();
        let refused = steps["items"].as_array().unwrap().iter().find(|step| step["state"] == "refused");
        assert_eq!(refused.unwrap()["outcome"], "it has not come back yet");
        assert!(taken(900 + 1_350), "the saw is paid, the drill is not");

        shop.act("ada", &first, "return", &json!({})).await.expect(200);
        shop.settled(&first, "closed").await;
        shop.act("ada", &second, "hand-over", &json!({})).await.expect(200);
        assert_eq!(progress(&shop.settled(&second, "active").await), ["handed_over", "handed_over", "handed_over"]);
        shop.act("ada", &second, "return", &json!({})).await.expect(200);
        shop.settled(&second, "closed").await;
        assert!(taken(900 + 1_350 + 900));
    })
    .await;
}

#[tokio::test]
async fn an_order_of_which_nothing_could_be_handed_over_can_still_be_cancelled() {
    on_both(async |shop| {
        let [_, second] = one_after_the_other(shop, &[]).await;
        shop.act("ada", &second, "hand-over", &json!({})).await.expect(200);
        let refused = shop.settled(&second, "confirmed").await;
        assert_eq!(refused["state_reason"], "Drill could not be handed over: it has not come back yet");
        shop.act("cy", &second, "cancel", &json!({})).await.expect(200);
        shop.settled(&second, "cancelled").await;
        let held: i64 = shop.world.book.payments().iter().map(|paid| paid.held.amount_minor).sum();
        assert_eq!(held, 5_000, "the deposit of the first order alone");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_fetched_with_the_rest_is_given_up_when_its_loan_would_be_over() {
    on_both(async |shop| {
        let first = shop.drill();
        let second = shop.offer(Item { owner_id: crate::shop::user("cy"), ..drill(3) });
        let body = json!({ "lines": [line(first), line(second)], "payment": pays("approved") });
        let order = shop.place("ben", &body).await;
        shop.settled(&order, "confirmed").await;
        for act in ["hand-over", "return"] {
            shop.act("ada", &order, act, &json!({})).await.expect(200);
            shop.settled(&order, "active").await;
        }
        shop.world.pass(Duration::from_hours(4 * 24));
        let closed = shop.settled(&order, "closed").await;
        let progress = [0, 1].map(|line| closed["lines"][line]["progress"].clone());
        assert_eq!(progress, ["back", "not_fetched"]);
        let paid = shop.world.book.payments().remove(0);
        assert_eq!((paid.held.amount_minor, paid.captured.amount_minor), (0, 1_350));
        assert_eq!(shop.free(second, Some(period())).await, 2);
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
