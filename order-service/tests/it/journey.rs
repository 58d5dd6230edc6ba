use inventory_api::{Approval, ReservationState};
use payment_api::PaymentState;
use serde_json::{Value, json};

use crate::shop::{drill, line, on_both, pays, period};

fn outcomes(steps: &Value) -> Vec<String> {
    let steps = steps["items"].as_array().unwrap().iter();
    steps.map(|step| format!("{} {}", step["kind"].as_str().unwrap(), step["state"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_drill_is_ordered_fetched_and_brought_back_and_a_part_of_its_deposit_kept() {
    on_both(async |shop| {
        let order = shop.ordered("approved").await;
        let confirmed = shop.settled(&order, "confirmed").await;
        assert_eq!(confirmed["total"]["amount_minor"], 1_350);
        assert_eq!(confirmed["deposit_total"]["amount_minor"], 5_000);
        assert_eq!(shop.reservation(&order).await, ReservationState::Confirmed);
        let held = shop.world.book.payments().remove(0);
        assert_eq!((held.state, held.held.amount_minor), (PaymentState::Authorised, 6_350));

        let out = shop.act("ada", &order, "hand-over", &json!({ "note": "fully charged" })).await.expect(200);
        assert_eq!(out.json()["state"], "active");
        shop.settled(&order, "active").await;
        assert_eq!(shop.reservation(&order).await, ReservationState::CheckedOut);
        assert_eq!(shop.world.book.payments().remove(0).captured.amount_minor, 1_350);

        let keep = json!({ "keep": { "amount_minor": 1_200, "currency": "EUR" }, "reason": "the case is broken" });
        shop.act("ada", &order, "return", &keep).await.expect(200);
        let closed = shop.settled(&order, "closed").await;
        assert_eq!(closed["state_reason"], "A part of the deposit was kept: the case is broken");
        assert_eq!(closed["lines"][0]["progress"], "back");
        assert_eq!(shop.reservation(&order).await, ReservationState::Returned);
        let paid = shop.world.book.payments().remove(0);
        assert_eq!((paid.held.amount_minor, paid.captured.amount_minor), (0, 2_550));

        let steps = shop.member("ben").get(&format!("{order}/steps")).await.expect(200).json();
        let all = ["reserve", "authorise", "confirm", "check_out", "capture", "take_back", "capture", "void"];
        assert_eq!(outcomes(&steps), all.map(|kind| format!("{kind} done")));
        assert_eq!(steps["items"][0]["title"], "Set aside 1 of Drill");
    })
    .await;
}

#[tokio::test]
async fn a_sale_is_paid_when_it_is_promised_and_closed_when_it_is_handed_over() {
    on_both(async |shop| {
        let novel = shop.novel();
        let body = json!({ "lines": [{ "item_id": novel, "units": 3 }], "payment": pays("approved") });
        let order = shop.place("ben", &body).await;
        shop.settled(&order, "confirmed").await;
        assert_eq!(shop.world.book.payments().remove(0).captured.amount_minor, 2_700);
        shop.act("ada", &order, "hand-over", &json!({})).await.expect(200);
        shop.settled(&order, "closed").await;
        assert_eq!(shop.free(novel, None).await, 0);
        shop.act("ada", &order, "return", &json!({})).await.expect(409);
    })
    .await;
}

#[tokio::test]
async fn a_gift_needs_no_payment() {
    on_both(async |shop| {
        let mut gift = crate::shop::novel(2);
        gift.price = Some(vocabulary::Money { amount_minor: 0, currency: vocabulary::Currency::EUR });
        let gift = shop.offer(gift);
        let order = shop.place("ben", &json!({ "lines": [{ "item_id": gift }] })).await;
        let confirmed = shop.settled(&order, "confirmed").await;
        assert_eq!(confirmed["provider"], Value::Null);
        assert!(shop.world.book.payments().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_owner_is_asked_where_they_want_to_be() {
    on_both(async |shop| {
        let asked = shop.offer(inventory_api::Item { approval: Approval::Owner, ..drill(1) });
        let order = shop.place("ben", &json!({ "lines": [line(asked)], "payment": pays("approved") })).await;
        let waiting = shop.settled(&order, "awaiting_approval").await;
        assert_eq!(waiting["lines"][0]["progress"], "asked");
        assert_eq!(shop.world.book.payments().remove(0).held.amount_minor, 6_350);
        shop.member("ben").post(&format!("{order}/approve"), &json!({})).await.expect(403);
        shop.member("cy").post(&format!("{order}/approve"), &json!({})).await.expect(404);
        shop.member("ada").post(&format!("{order}/approve"), &json!({})).await.expect(200);
        shop.settled(&order, "confirmed").await;
        shop.member("ada").post(&format!("{order}/approve"), &json!({})).await.expect(409);
    })
    .await;
}

#[tokio::test]
async fn things_of_several_owners_are_handed_over_and_brought_back_one_by_one() {
    on_both(async |shop| {
        let first = shop.drill();
        let second = shop.offer(inventory_api::Item { owner_id: crate::shop::user("cy"), ..drill(3) });
        let body = json!({ "lines": [line(first), line(second)], "payment": pays("approved") });
        let order = shop.place("ben", &body).await;
        shop.settled(&order, "confirmed").await;
        shop.act("ada", &order, "hand-over", &json!({})).await.expect(200);
        let active = shop.settled(&order, "active").await;
        assert_eq!([&active["lines"][0]["progress"], &active["lines"][1]["progress"]], ["handed_over", "agreed"]);
        shop.act("ben", &order, "cancel", &json!({})).await.expect(409);
        shop.act("cy", &order, "return", &json!({})).await.expect(409);
        shop.act("cy", &order, "hand-over", &json!({})).await.expect(200);
        shop.act("ada", &order, "return", &json!({})).await.expect(200);
        shop.settled(&order, "active").await;
        shop.act("cy", &order, "return", &json!({})).await.expect(200);
        shop.settled(&order, "closed").await;
        let paid = shop.world.book.payments().remove(0);
        assert_eq!((paid.held.amount_minor, paid.captured.amount_minor), (0, 2_700));
        assert_eq!(shop.free(first, Some(period())).await, 2);
    })
    .await;
}
