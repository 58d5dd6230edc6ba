//! The way of a thing from its owner to somebody else and back, as everybody involved sees it through the gateway.

mod shop;

use serde_json::{Value, json};

use shop::{DEPOSIT, RENT, Shop, act, kayak, lent_for, pays, place, put, settled};

/// What somebody is told who comes second.
const NONE_FREE: &str = "Asked for 1, and 0 are free; take fewer, or another time.";

#[tokio::test]
async fn a_lent_thing_is_found_ordered_paid_for_fetched_and_brought_back_and_its_deposit_released() {
    let shop = Shop::open().await;
    let kayak = shop.offers(&kayak()).await;
    let days = shop.days(&kayak).await;
    let found = shop.anybody().get("/api/v1/items?q=sea+kayak").await.expect(200).json();
    assert_eq!(found["items"][0]["id"], kayak.as_str(), "{found}");
    assert!(shop.page_says_free(&kayak, &days[0]).await, "anybody can see that it is here today");

    let order = order_through_the_cart(&shop, &kayak, &days).await;
    let confirmed = settled(&shop.borrower, &order, "confirmed").await;
    assert_eq!(confirmed["total"]["amount_minor"], RENT);
    assert_eq!(shop.money(&order).await, ["authorised".into(), json!(RENT + DEPOSIT), json!(0)]);
    shop.comes_to_have_free(&kayak, [1, 0, 0, 0, 1]).await;
    nobody_else_gets_it(&shop, &kayak, &days).await;

    shop.borrower.client.post(&format!("{order}/hand-over"), &json!({})).await.expect(403);
    act(&shop.owner, &order, "hand-over", &json!({ "note": "with two paddles" })).await;
    settled(&shop.borrower, &order, "active").await;
    assert_eq!(shop.money(&order).await, ["captured".into(), json!(DEPOSIT), json!(RENT)]);
    shop.comes_to_have_free(&kayak, [0, 0, 0, 0, 1]).await;
    assert!(!shop.page_says_free(&kayak, &days[0]).await, "anybody can see that it is away already");
    assert!(shop.page_says_in_use(&kayak).await);

    act(&shop.owner, &order, "return", &json!({})).await;
    let closed = settled(&shop.borrower, &order, "closed").await;
    assert_eq!(closed["lines"][0]["progress"], "back");
    assert_eq!(shop.money(&order).await, ["captured".into(), json!(0), json!(RENT)], "the deposit is released");
    shop.comes_to_have_free(&kayak, [1; 5]).await;
    assert!(shop.page_says_free(&kayak, &days[0]).await);
    assert!(!shop.page_says_in_use(&kayak).await);
}

/// The borrower puts it into the cart, sees what it costs and orders it; the order's address.
async fn order_through_the_cart(shop: &Shop, item: &str, days: &[String]) -> String {
    put(&shop.borrower, item, &lent_for(days)).await;
    let quote = shop.borrower.client.post("/api/v1/cart/quote", &Value::Null).await.expect(200).json();
    assert_eq!((&quote["total"]["amount_minor"], &quote["available"]), (&RENT.into(), &true.into()));
    assert_eq!(quote["deposit_total"]["amount_minor"], DEPOSIT);
    let order = place(&shop.borrower, &json!({ "lines": "cart", "payment": pays("tok_approved") })).await;
    let cart = shop.borrower.client.get("/api/v1/cart").await.expect(200).json();
    assert_eq!(cart["lines"], json!([]));
    order
}

/// Another member is told so by the cart, and an order that does not care is rejected.
async fn nobody_else_gets_it(shop: &Shop, item: &str, days: &[String]) {
    put(&shop.other, item, &lent_for(days)).await;
    let quote = shop.other.client.post("/api/v1/cart/quote", &Value::Null).await.expect(200).json();
    assert_eq!((&quote["lines"][0]["obstacle"], &quote["available"]), (&NONE_FREE.into(), &false.into()));
    let order = place(&shop.other, &json!({ "lines": "cart", "payment": pays("tok_approved") })).await;
    let rejected = settled(&shop.other, &order, "rejected").await;
    assert_eq!(rejected["state_reason"], format!("Sea kayak: {NONE_FREE}"));
    shop.borrower.client.get(&order).await.expect(404);
}

#[tokio::test]
async fn what_is_sold_is_paid_for_at_once_and_out_of_stock() {
    let shop = Shop::open().await;
    let novel = json!({
        "name": "A novel about rain", "category": "camping", "offer": "sell", "stock": 1,
        "price": { "amount_minor": 900, "currency": "EUR" },
    });
    let novel = shop.offers(&novel).await;
    assert_eq!(shop.stock(&novel).await, 1);
    let wanted = json!({ "lines": [{ "item_id": novel }], "payment": pays("tok_approved") });
    let order = place(&shop.borrower, &wanted).await;
    settled(&shop.borrower, &order, "confirmed").await;
    assert_eq!(shop.money(&order).await, ["captured".into(), json!(0), json!(900)]);
    shop.comes_to_have_in_stock(&novel, 0).await;

    let late = place(&shop.other, &wanted).await;
    let rejected = settled(&shop.other, &late, "rejected").await;
    assert_eq!(rejected["state_reason"], format!("A novel about rain: {NONE_FREE}"));

    act(&shop.owner, &order, "hand-over", &json!({})).await;
    settled(&shop.borrower, &order, "closed").await;
    assert_eq!(shop.stock(&novel).await, 0, "what is sold does not come back");
}

#[tokio::test]
async fn an_order_that_comes_to_nothing_leaves_nothing_set_aside_and_says_why() {
    let shop = Shop::open().await;
    let kayak = shop.offers(&kayak()).await;
    let days = shop.days(&kayak).await;
    let order = shop.orders(&kayak, &days, "tok_declined").await;
    let failed = settled(&shop.borrower, &order, "payment_failed").await;
    assert_eq!(failed["state_reason"], "The bank declined it.");
    assert_eq!(shop.money(&order).await, ["failed".into(), json!(0), json!(0)]);
    shop.comes_to_have_free(&kayak, [1; 5]).await;

    let order = shop.orders(&kayak, &days, "tok_approved").await;
    settled(&shop.borrower, &order, "confirmed").await;
    shop.comes_to_have_free(&kayak, [1, 0, 0, 0, 1]).await;
    act(&shop.borrower, &order, "cancel", &json!({})).await;
    let cancelled = settled(&shop.borrower, &order, "cancelled").await;
    assert_eq!(cancelled["state_reason"], "Whoever ordered it has given it up.");
    assert_eq!(shop.money(&order).await, ["voided".into(), json!(0), json!(0)]);
    shop.comes_to_have_free(&kayak, [1; 5]).await;
}

#[tokio::test]
async fn an_owner_who_declines_frees_the_days_and_the_money() {
    let shop = Shop::open().await;
    let mut asked = kayak();
    asked["approval"] = "owner".into();
    let kayak = shop.offers(&asked).await;
    let days = shop.days(&kayak).await;
    let order = shop.orders(&kayak, &days, "tok_approved").await;
    settled(&shop.owner, &order, "awaiting_approval").await;
    shop.comes_to_have_free(&kayak, [1, 0, 0, 0, 1]).await;
    assert_eq!(shop.money(&order).await, ["authorised".into(), json!(RENT + DEPOSIT), json!(0)]);
    act(&shop.owner, &order, "decline", &json!({ "reason": "It is being repaired." })).await;
    let declined = settled(&shop.borrower, &order, "declined").await;
    assert_eq!(declined["state_reason"], "It is being repaired.");
    assert_eq!(shop.money(&order).await, ["voided".into(), json!(0), json!(0)]);
    shop.comes_to_have_free(&kayak, [1; 5]).await;
}
