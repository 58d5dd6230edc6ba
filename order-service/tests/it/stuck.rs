use std::time::Duration;

use serde_json::{Value, json};
use test_kit::wait_until;

use crate::shop::{CREDENTIAL, Shop, on_both};

/// An order whose first step has failed five times.
pub(crate) async fn stuck(shop: &Shop) -> String {
    let drill = shop.drill();
    // Asked for while the inventory is there, and set aside when it is not.
    let body = json!({ "lines": [crate::shop::line(drill)], "payment": crate::shop::pays("approved") });
    shop.world.book.set_down(true);
    let order = shop.place("ben", &body).await;
    let admin = shop.admin();
    wait_until("the order is stuck", Duration::from_secs(20), async || {
        shop.world.pass(Duration::from_secs(10));
        admin.get(&order).await.expect(200).json()["stuck"] == true
    })
    .await;
    shop.world.book.set_down(false);
    order
}

fn listed(page: &Value) -> usize {
    page["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_step_that_failed_five_times_waits_for_an_administrator_who_retries_it() {
    on_both(async |shop| {
        let order = stuck(shop).await;
        let (admin, ben) = (shop.admin(), shop.member("ben"));
        assert_eq!(listed(&admin.get("/api/v1/orders?state=stuck").await.expect(200).json()), 1);
        ben.get("/api/v1/orders?state=stuck").await.expect(403);
        let steps = ben.get(&format!("{order}/steps")).await.expect(200).json();
        assert_eq!((listed(&steps), &steps["next"]), (2, &Value::Null));
        assert_eq!(steps["items"][1]["state"], "stuck");
        assert_eq!(steps["items"][1]["outcome"], "An administrator has to decide: The payment service did not answer.");
        let nothing = json!({});
        ben.post(&format!("{order}/steps/2/retry"), &nothing).await.expect(403);
        admin.post(&format!("{order}/steps/1/retry"), &nothing).await.expect(409);
        admin.post(&format!("{order}/steps/99/retry"), &nothing).await.expect(404);
        admin.post(&format!("{order}/steps/two/retry"), &nothing).await.expect(404);
        admin.post(&format!("{order}/steps/2/retry"), &nothing).await.expect(200);
        shop.settled(&order, "confirmed").await;
        assert_eq!(listed(&admin.get("/api/v1/orders?state=stuck").await.expect(200).json()), 0);
    })
    .await;
}

#[tokio::test]
async fn an_administrator_undoes_what_is_stuck() {
    on_both(async |shop| {
        let order = stuck(shop).await;
        shop.admin().post(&format!("{order}/steps/2/undo"), &json!({})).await.expect(200);
        let cancelled = shop.settled(&order, "cancelled").await;
        assert_eq!(cancelled["state_reason"], "An administrator has undone it.");
        shop.nothing_is_left_over().await;
    })
    .await;
}

#[tokio::test]
async fn an_administrator_takes_what_is_stuck_for_done() {
    on_both(async |shop| {
        let order = stuck(shop).await;
        shop.admin().post(&format!("{order}/steps/2/accept"), &json!({})).await.expect(200);
        shop.settled(&order, "confirmed").await;
        let steps = shop.member("ben").get(&format!("{order}/steps")).await.expect(200).json();
        assert_eq!(steps["items"][1]["state"], "accepted");
    })
    .await;
}

#[tokio::test]
async fn the_operator_sees_what_is_stuck_and_decides_on_it_without_an_account() {
    on_both(async |shop| {
        let order = stuck(shop).await;
        let operator = shop.anonymous().with_token(CREDENTIAL);
        let page = operator.get("/internal/v1/orders/stuck").await.expect(200).json();
        assert_eq!(listed(&page), 1);
        let found = &page["items"][0];
        assert_eq!((&found["number"], &found["state"]), (&json!(1), &json!("reserved")));
        assert_eq!((&found["step"]["number"], &found["step"]["attempts"]), (&json!(2), &json!(5)));
        assert_eq!(found["step"]["outcome"], "An administrator has to decide: The payment service did not answer.");
        shop.admin().get("/internal/v1/orders/stuck").await.expect(401);

        let id = found["id"].as_str().unwrap();
        let decide = async |step: &str, decision: Value| {
            operator.post(&format!("/internal/v1/orders/{id}/steps/{step}/decision"), &decision).await
        };
        let unknown = decide("2", json!({ "decision": "forget" })).await.expect(422).json();
        assert_eq!(unknown["errors"][0]["code"], "unknown_decision");
        decide("2", json!({})).await.expect(422);
        decide("1", json!({ "decision": "retry" })).await.expect(409);
        decide("9", json!({ "decision": "retry" })).await.expect(404);
        decide("2", json!({ "decision": "retry" })).await.expect(200);
        shop.settled(&order, "confirmed").await;
        decide("2", json!({ "decision": "undo" })).await.expect(409);
        assert_eq!(listed(&operator.get("/internal/v1/orders/stuck").await.expect(200).json()), 0);
    })
    .await;
}

/// An order whose payment nobody knows anything of, because whoever moves the money does not answer.
async fn in_doubt(shop: &Shop) -> String {
    shop.world.book.set_provider_silent(true);
    let body = json!({ "lines": [crate::shop::line(shop.drill())], "payment": crate::shop::pays("approved") });
    let order = shop.place("ben", &body).await;
    becomes_stuck(shop, &order).await;
    order
}

async fn becomes_stuck(shop: &Shop, order: &str) {
    wait_until("the order is stuck", Duration::from_secs(20), async || {
        shop.world.pass(Duration::from_secs(10));
        shop.admin().get(order).await.expect(200).json()["stuck"] == true
    })
    .await;
}

#[tokio::test]
async fn money_that_nobody_knows_of_is_shown_after_five_rounds_and_goes_on_by_itself_once_it_is_known() {
    on_both(async |shop| {
        let order = in_doubt(shop).await;
        assert_eq!(listed(&shop.admin().get("/api/v1/orders?state=stuck").await.expect(200).json()), 1);
        let steps = shop.member("ben").get(&format!("{order}/steps")).await.expect(200).json();
        let step = &steps["items"][1];
        assert_eq!((&step["state"], step["next_attempt_at"].is_string()), (&json!("stuck"), true));
        assert!(step["attempts"].as_i64().unwrap() >= 5);
        shop.world.book.set_provider_silent(false);
        let confirmed = shop.settled_later(&order, "confirmed").await;
        assert_eq!(confirmed["stuck"], false);
    })
    .await;
}

#[tokio::test]
async fn money_that_nobody_knows_of_is_released_after_an_administrator_has_given_the_order_up() {
    on_both(async |shop| {
        let order = in_doubt(shop).await;
        shop.admin().post(&format!("{order}/steps/2/undo"), &json!({})).await.expect(200);
        // Whether there is anything to release is not known either, so that is not guessed.
        becomes_stuck(shop, &order).await;
        let cancelled = shop.admin().get(&order).await.expect(200).json();
        assert_eq!((&cancelled["state"], &cancelled["settled"]), (&json!("cancelled"), &json!(false)));
        shop.world.book.set_provider_silent(false);
        shop.settled_later(&order, "cancelled").await;
        shop.nothing_is_left_over().await;
    })
    .await;
}

#[tokio::test]
async fn an_order_that_is_not_understood_keeps_no_other_from_going_on() {
    on_both(async |shop| {
        let broken = stuck(shop).await;
        let other = json!({ "lines": [{ "item_id": shop.novel() }], "payment": crate::shop::pays("approved") });
        let other = shop.place("cy", &other).await;
        shop.settled(&other, "confirmed").await;
        shop.admin().post(&format!("{broken}/steps/2/retry"), &json!({})).await.expect(200);
        shop.settled(&broken, "confirmed").await;
        shop.execute("UPDATE orders SET state = 'flown', due_at = created_at WHERE number = 1").await;
        shop.act("ada", &other, "hand-over", &json!({})).await.expect(200);
        shop.settled(&other, "closed").await;
    })
    .await;
}
