use inventory_api::{Item, ItemStatus};
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::{Answer, Client, send};
use vocabulary::ItemId;

use crate::shop::{line, on_both, pays, period, user};

async fn put(client: &Client, item: ItemId, line: &Value) -> Answer {
    send(client.request(Method::PUT, &format!("/api/v1/cart/lines/{item}")).json(line)).await
}

async fn delete(client: &Client, path: &str) -> Answer {
    send(client.request(Method::DELETE, path)).await
}

fn lent(units: u32) -> Value {
    json!({ "units": units, "period": period() })
}

#[tokio::test]
async fn a_cart_is_its_members_own_and_keeps_the_order_of_its_lines() {
    on_both(async |shop| {
        let (ben, cy) = (shop.member("ben"), shop.member("cy"));
        let (drill, novel) = (shop.drill(), shop.novel());
        put(&ben, novel, &json!({})).await.expect(200);
        shop.world.pass(std::time::Duration::from_secs(1));
        put(&ben, drill, &lent(1)).await.expect(200);
        let cart = put(&ben, novel, &json!({ "units": 2 })).await.expect(200).json();
        assert_eq!(cart["lines"][0], json!({ "item_id": novel, "units": 2, "period": null }));
        assert_eq!(cart["lines"][1]["item_id"], json!(drill));
        assert_eq!(cart, ben.get("/api/v1/cart").await.expect(200).json());
        assert_eq!(cy.get("/api/v1/cart").await.expect(200).json(), json!({ "lines": [] }));
        delete(&ben, &format!("/api/v1/cart/lines/{novel}")).await.expect(204);
        delete(&ben, &format!("/api/v1/cart/lines/{novel}")).await.expect(204);
        delete(&ben, "/api/v1/cart").await.expect(204);
        assert_eq!(ben.get("/api/v1/cart").await.expect(200).json(), json!({ "lines": [] }));
        shop.anonymous().get("/api/v1/cart").await.expect(401);
    })
    .await;
}

#[tokio::test]
async fn a_quote_prices_the_cart_and_says_what_is_not_free_without_holding_anything() {
    on_both(async |shop| {
        let ben = shop.member("ben");
        let (drill, novel) = (shop.drill(), shop.novel());
        put(&ben, drill, &lent(2)).await.expect(200);
        put(&ben, novel, &json!({ "units": 4 })).await.expect(200);
        let quote = ben.post("/api/v1/cart/quote", &json!(null)).await.expect(200).json();
        let lines = quote["lines"].as_array().unwrap();
        let line = |item: ItemId| lines.iter().find(|line| line["item_id"] == json!(item)).unwrap();
        assert_eq!(line(drill)["days"], 3);
        assert_eq!(line(drill)["amount"], json!({ "amount_minor": 2_700, "currency": "EUR" }));
        assert_eq!(line(drill)["deposit"]["amount_minor"], 10_000);
        assert_eq!(line(drill)["obstacle"], Value::Null);
        assert_eq!(line(novel)["obstacle"], "Asked for 4, and 3 are free; take fewer, or another time.");
        assert_eq!(quote["total"]["amount_minor"], 6_300);
        assert_eq!((&quote["deposit_total"]["amount_minor"], &quote["available"]), (&json!(10_000), &json!(false)));
        assert_eq!(shop.free(drill, Some(period())).await, 2);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_ordered_any_more_does_not_hide_the_price_of_the_rest() {
    on_both(async |shop| {
        let ben = shop.member("ben");
        let (drill, novel) = (shop.drill(), shop.novel());
        put(&ben, drill, &lent(1)).await.expect(200);
        put(&ben, novel, &json!({ "units": 2 })).await.expect(200);
        shop.offer(Item { status: ItemStatus::Paused, ..crate::shop::drill(1) });
        let quote = ben.post("/api/v1/cart/quote", &json!(null)).await.expect(200).json();
        assert_eq!(quote["lines"].as_array().unwrap().len(), 1);
        assert_eq!(quote["lines"][0]["item_id"], json!(novel));
        assert_eq!((&quote["total"]["amount_minor"], &quote["available"]), (&json!(1_800), &json!(false)));
        let obstacle = "It is not offered at the moment; its owner has paused it.";
        let refused = json!([{ "item_id": drill, "units": 1, "period": period(), "obstacle": obstacle }]);
        assert_eq!(quote["refused"], refused);
    })
    .await;
}

#[tokio::test]
async fn what_can_never_be_ordered_is_not_put_into_a_cart() {
    on_both(async |shop| {
        let ben = shop.member("ben");
        let own = shop.offer(Item { owner_id: user("ben"), ..crate::shop::drill(11) });
        let (drill, novel) = (shop.drill(), shop.novel());
        let inventory_api::Period { start, end } = period();
        let ago = chrono::TimeDelta::days(10);
        let past = json!({ "period": { "start": start - ago, "end": end - ago } });
        for (item, line, errors) in [
            (own, lent(1), ["item_id own_item"].as_slice()),
            (drill, json!({}), &["/period required"]),
            (drill, past, &["/period/start in_the_past", "/period/end in_the_past"]),
            (novel, lent(1), &["/period not_for_this_offer"]),
        ] {
            let refused = put(&ben, item, &line).await.expect(422).json();
            let named = refused["errors"].as_array().unwrap().iter();
            let named =
                named.map(|error| [&error["pointer"], &error["code"]].map(|text| text.as_str().unwrap()).join(" "));
            assert_eq!(named.collect::<Vec<_>>(), errors, "{line}");
        }
        let unknown = crate::shop::drill(14).id;
        put(&ben, unknown, &lent(1)).await.expect(404);
        assert_eq!(ben.get("/api/v1/cart").await.expect(200).json(), json!({ "lines": [] }));
        // Who cannot be asked refuses nothing; a quote tells later.
        shop.world.shelves.set_down(true);
        put(&ben, unknown, &lent(1)).await.expect(200);
        shop.world.shelves.set_down(false);
        let quote = ben.post("/api/v1/cart/quote", &json!(null)).await.expect(200).json();
        assert_eq!(quote["refused"][0]["obstacle"], "There is no such item any more; leave it out.");
    })
    .await;
}

#[tokio::test]
async fn the_cart_becomes_an_order_and_is_empty_afterwards() {
    on_both(async |shop| {
        let ben = shop.member("ben");
        put(&ben, shop.drill(), &lent(1)).await.expect(200);
        let order = shop.place("ben", &json!({ "lines": "cart", "payment": pays("approved") })).await;
        let confirmed = shop.settled(&order, "confirmed").await;
        assert_eq!(confirmed["lines"][0]["name"], "Drill");
        assert_eq!(ben.get("/api/v1/cart").await.expect(200).json(), json!({ "lines": [] }));
        let body = json!({ "lines": "cart", "payment": pays("approved") });
        let empty = crate::shop::place(&ben, "another", &body).await.expect(422);
        assert_eq!(empty.json()["errors"][0]["code"], "cart_empty");
    })
    .await;
}

#[tokio::test]
async fn what_is_put_in_while_the_cart_is_ordered_is_ordered_or_still_there() {
    on_both(async |shop| {
        let ben = shop.member("ben");
        let gift = shop.offer(Item { price: None, stock: Some(1_000), ..crate::shop::novel(3) });
        let other = shop.offer(Item { price: None, stock: Some(1_000), ..crate::shop::novel(4) });
        let body = json!({ "lines": "cart" });
        for round in 0..20 {
            put(&ben, gift, &json!({})).await.expect(200);
            let key = round.to_string();
            let nothing = json!({});
            let (placed, put_in) = tokio::join!(crate::shop::place(&ben, &key, &body), put(&ben, other, &nothing));
            put_in.expect(200);
            let items = |lines: &Value| -> Vec<Value> {
                lines.as_array().unwrap().iter().map(|line| line["item_id"].clone()).collect()
            };
            let ordered = items(&placed.expect(202).json()["lines"]);
            let left = items(&ben.get("/api/v1/cart").await.expect(200).json()["lines"]);
            assert!(ordered.contains(&json!(other)) != left.contains(&json!(other)), "{ordered:?} {left:?}");
            delete(&ben, "/api/v1/cart").await.expect(204);
        }
    })
    .await;
}

#[tokio::test]
async fn an_order_that_is_refused_leaves_the_cart_as_it_was() {
    on_both(async |shop| {
        let ben = shop.member("ben");
        put(&ben, shop.drill(), &lent(1)).await.expect(200);
        let refused = crate::shop::place(&ben, "key", &json!({ "lines": "cart" })).await.expect(422);
        assert_eq!(refused.json()["errors"][0]["pointer"], "/payment");
        let cart = ben.get("/api/v1/cart").await.expect(200).json();
        assert_eq!(cart["lines"][0]["item_id"], line(crate::shop::drill(1).id)["item_id"]);
    })
    .await;
}

#[tokio::test]
async fn a_line_that_cannot_be_is_refused_and_the_cart_stays_as_it_was() {
    on_both(async |shop| {
        let ben = shop.member("ben");
        let drill = shop.drill();
        let before = put(&ben, drill, &lent(1)).await.expect(200).json();
        let inventory_api::Period { start, end } = period();
        let years = end + chrono::TimeDelta::days(800);
        for (wrong, error) in [
            (json!({ "units": 0 }), "/units out_of_range"),
            (json!({ "units": -1 }), "/units out_of_range"),
            (json!({ "units": 10_001 }), "/units out_of_range"),
            (json!({ "period": {} }), "/period/start required"),
            (json!({ "period": { "start": end, "end": start } }), "/period/end ends_before_it_starts"),
            (json!({ "period": { "start": start, "end": years } }), "/period/end too_long"),
        ] {
            let errors = put(&ben, drill, &wrong).await.expect(422).json()["errors"].clone();
            let first = [&errors[0]["pointer"], &errors[0]["code"]].map(|text| text.as_str().unwrap());
            assert_eq!(first.join(" "), error, "{wrong}");
        }
        put(&ben, drill, &json!({ "colour": "red" })).await.expect(400);
        assert_eq!(ben.get("/api/v1/cart").await.expect(200).json(), before);
    })
    .await;
}
