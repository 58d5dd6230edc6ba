use chrono::{DateTime, TimeDelta, Utc};
use inventory_api::{Approval, Item, ItemStatus};
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::send;
use vocabulary::{Currency, ItemId, Money};

use crate::shop::{NOON, Shop, drill, line, novel, on_both, pays, place, user};

/// The errors with which an order of these lines is refused.
async fn refused(shop: &Shop, body: &Value) -> Vec<String> {
    let answer = place(&shop.member("ben"), "key", body).await.expect(422).json();
    let errors = answer["errors"].as_array().unwrap().iter();
    errors.map(|error| format!("{} {}", error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())).collect()
}

async fn lines(shop: &Shop, lines: Value) -> Vec<String> {
    refused(shop, &json!({ "lines": lines, "payment": pays("approved") })).await
}

fn lent(item: ItemId, from_hours: i64, hours: i64) -> Value {
    let start = NOON.parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(from_hours);
    json!({ "item_id": item, "period": { "start": start, "end": start + TimeDelta::hours(hours) } })
}

#[tokio::test]
async fn what_cannot_be_ordered_is_refused_with_its_place_and_changes_nothing() {
    on_both(async |shop| {
        let (drill, sold) = (shop.drill(), shop.novel());
        let units = |units: Value| json!([{ "item_id": sold, "units": units }]);
        assert_eq!(lines(shop, json!([line(drill), line(drill)])).await, ["/lines/1/item_id repeated"]);
        for wrong in [0, -1, 10_001] {
            assert_eq!(lines(shop, units(json!(wrong))).await, ["/lines/0/units out_of_range"]);
        }
        assert_eq!(lines(shop, json!([])).await, ["/lines out_of_range"]);
        assert_eq!(lines(shop, Value::from(vec![json!({}); 51])).await, ["/lines out_of_range"]);
        assert_eq!(lines(shop, json!([{}])).await, ["/lines/0/item_id required"]);
        assert_eq!(lines(shop, json!([lent(drill, -2, 26)])).await, ["/lines/0/period/start in_the_past"]);
        assert_eq!(lines(shop, json!([lent(drill, 2, 15 * 24)])).await, ["/lines/0/period/end too_long"]);
        assert_eq!(lines(shop, json!([lent(drill, 2, -1)])).await, ["/lines/0/period/end ends_before_it_starts"]);
        assert_eq!(lines(shop, json!([lent(sold, 2, 24)])).await, ["/lines/0/period not_for_this_offer"]);
        assert_eq!(lines(shop, json!([{ "item_id": drill }])).await, ["/lines/0/period required"]);
        let mine = shop.member("ben").get("/api/v1/orders").await.expect(200).json();
        assert_eq!(mine, json!({ "items": [], "next": null }));
        assert!(shop.world.book.payments().is_empty());
    })
    .await;
}

#[tokio::test]
async fn ones_own_retired_foreign_and_priceless_things_are_refused() {
    on_both(async |shop| {
        let own = shop.offer(Item { owner_id: user("ben"), ..drill(11) });
        let retired = shop.offer(Item { status: ItemStatus::Retired, ..drill(12) });
        let paused = shop.offer(Item { status: ItemStatus::Paused, ..drill(13) });
        let unknown = drill(14).id;
        let all = json!([line(own), line(retired), line(paused), line(unknown)]);
        let codes = ["0/item_id own_item", "1/item_id not_there", "2/item_id not_offered", "3/item_id not_there"];
        assert_eq!(lines(shop, all).await, codes.map(|code| format!("/lines/{code}")));

        let euros = Some(Money { amount_minor: i64::MAX, currency: Currency::EUR });
        let yen = Some(Money { amount_minor: 900, currency: "JPY".parse().unwrap() });
        let dear = shop.offer(Item { price: euros, ..novel(15) });
        let foreign = shop.offer(Item { price: yen, ..novel(16) });
        let two = json!([{ "item_id": dear, "units": 2 }]);
        assert_eq!(lines(shop, two).await, ["/lines/0/units too_much"]);
        let both = json!([{ "item_id": dear }, { "item_id": shop.novel() }]);
        assert_eq!(lines(shop, both).await, ["/lines too_much"]);
        let mixed = json!([{ "item_id": shop.novel() }, { "item_id": foreign }]);
        assert_eq!(lines(shop, mixed).await, ["/lines/1/item_id mixed_currencies"]);
    })
    .await;
}

#[tokio::test]
async fn a_payment_names_a_provider_there_is_and_its_token() {
    on_both(async |shop| {
        let drill = shop.drill();
        let with = |payment: Value| json!({ "lines": [line(drill)], "payment": payment });
        for (payment, error) in [
            (json!({}), "/payment/provider required"),
            (json!({ "provider": "cash" }), "/payment/provider unknown_provider"),
            (json!({ "provider": "test" }), "/payment/token required"),
            (json!({ "provider": "test", "token": "" }), "/payment/token out_of_range"),
            (json!({ "provider": "test", "token": "a b" }), "/payment/token out_of_range"),
            (json!({ "provider": "desk", "token": "x" }), "/payment/token not_for_this_provider"),
        ] {
            assert_eq!(refused(shop, &with(payment)).await, [error]);
        }
        assert_eq!(refused(shop, &json!({ "lines": [line(drill)] })).await, ["/payment required"]);
        assert_eq!(refused(shop, &json!({})).await, ["/lines required"]);
    })
    .await;
}

#[tokio::test]
async fn an_order_without_a_key_or_with_a_broken_body_is_refused() {
    on_both(async |shop| {
        let ben = shop.member("ben");
        let body = json!({ "lines": [line(shop.drill())], "payment": pays("approved") });
        let keyless = ben.post("/api/v1/orders", &body).await.expect(400);
        assert!(keyless.json()["detail"].as_str().unwrap().contains("Idempotency-Key"));
        assert_eq!(place(&ben, "key", &json!({ "basket": [] })).await.expect(400).problem(), "unknown_field");
        assert_eq!(place(&ben, "key", &json!({ "lines": "basket" })).await.expect(422).problem(), "invalid_fields");
        place(&shop.anonymous(), "key", &body).await.expect(401);
    })
    .await;
}

#[tokio::test]
async fn a_payment_that_cannot_be_is_refused_before_anything_is_ordered_together_with_all_else() {
    on_both(async |shop| {
        let order = |lines: Value, payment: Value| json!({ "lines": lines, "payment": payment });
        let (sold, own) =
            (json!([{ "item_id": shop.novel() }]), shop.offer(Item { owner_id: user("ben"), ..drill(11) }));
        let stripe = json!({ "provider": "stripe", "token": "pm_card_visa" });
        assert_eq!(refused(shop, &order(sold.clone(), stripe.clone())).await, ["/payment/provider not_set_up"]);
        assert_eq!(refused(shop, &order(sold.clone(), pays("unknown"))).await, ["/payment/token unknown_token"]);
        let both = ["/lines/0/item_id own_item", "/payment/provider not_set_up"];
        assert_eq!(refused(shop, &order(json!([line(own)]), stripe)).await, both);
        let paypal = json!({ "provider": "paypal", "token": "" });
        let malformed = [
            "/lines/0/item_id required",
            "/lines/0/units out_of_range",
            "/payment/provider unknown_provider",
            "/payment/token out_of_range",
        ];
        assert_eq!(refused(shop, &order(json!([{ "units": 0 }]), paypal.clone())).await, malformed);
        assert_eq!(refused(shop, &json!({ "payment": paypal })).await, ["/lines required", malformed[2], malformed[3]]);

        let dear = Some(Money { amount_minor: 1_000_000_000_001, currency: Currency::EUR });
        let dear = shop.offer(Item { price: dear, ..novel(17) });
        assert_eq!(refused(shop, &order(json!([{ "item_id": dear }]), pays("approved"))).await, ["/lines too_much"]);
        let mine = shop.member("ben").get("/api/v1/orders").await.expect(200).json();
        assert_eq!(mine["items"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn fields_that_may_be_left_out_may_be_left_out_with_the_whole_body() {
    on_both(async |shop| {
        let bare = async |name: &str, path: &str| {
            let request = shop.member(name).request(Method::POST, path);
            send(request.header("content-type", "application/json")).await
        };
        let order = shop.ordered("approved").await;
        shop.settled(&order, "confirmed").await;
        for act in ["cancel", "approve", "decline", "hand-over", "return"] {
            let unknown = shop.act("ada", &order, act, &json!({ "colour": 1 })).await.expect(400);
            assert_eq!(unknown.problem(), "unknown_field", "{act}");
        }
        bare("ada", &format!("{order}/hand-over")).await.expect(200);
        shop.settled(&order, "active").await;
        send(shop.member("ada").request(Method::POST, &format!("{order}/return"))).await.expect(200);
        shop.settled(&order, "closed").await;
        let asked = shop.offer(Item { approval: Approval::Owner, ..drill(12) });
        let order = shop.place("ben", &json!({ "lines": [line(asked)], "payment": pays("approved") })).await;
        shop.settled(&order, "awaiting_approval").await;
        bare("ada", &format!("{order}/decline")).await.expect(200);
        assert_eq!(shop.settled(&order, "declined").await["state_reason"], "The owner has not agreed.");
    })
    .await;
}

#[tokio::test]
async fn what_people_write_cannot_deceive_those_who_read_it() {
    on_both(async |shop| {
        let order = shop.ordered("approved").await;
        shop.settled(&order, "confirmed").await;
        for (act, field) in [("decline", "reason"), ("hand-over", "note"), ("return", "note"), ("return", "reason")] {
            for (text, code) in [
                ("paid\u{202e}OLLEH", "direction_override"),
                ("a\u{7}b", "control_character"),
                ("a\0", "control_character"),
            ] {
                let refused = shop.act("ada", &order, act, &json!({ field: text })).await.expect(422).json();
                let error = &refused["errors"][0];
                assert_eq!((&error["pointer"], &error["code"]), (&json!(format!("/{field}")), &json!(code)), "{act}");
            }
        }
        shop.act("ada", &order, "hand-over", &json!({ "note": "Two cases:\r\na drill\nand bits." })).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn what_is_kept_of_a_deposit_is_at_most_the_deposit_and_has_a_reason() {
    on_both(async |shop| {
        let order = shop.ordered("approved").await;
        shop.settled(&order, "confirmed").await;
        shop.act("ada", &order, "hand-over", &json!({})).await.expect(200);
        for (body, pointer) in [
            (json!({ "keep": { "amount_minor": 5_001, "currency": "EUR" }, "reason": "gone" }), "/keep/amount_minor"),
            (json!({ "keep": { "amount_minor": 0, "currency": "EUR" }, "reason": "gone" }), "/keep/amount_minor"),
            (json!({ "keep": { "amount_minor": 1, "currency": "JPY" }, "reason": "gone" }), "/keep/currency"),
            (json!({ "keep": { "amount_minor": 1, "currency": "EUR" } }), "/reason"),
            (json!({ "reason": "gone" }), "/reason"),
            (json!({ "note": "x".repeat(2_001) }), "/note"),
        ] {
            let refused = shop.act("ada", &order, "return", &body).await.expect(422);
            assert_eq!(refused.json()["errors"][0]["pointer"], pointer);
        }
        shop.settled(&order, "active").await;
    })
    .await;
}
