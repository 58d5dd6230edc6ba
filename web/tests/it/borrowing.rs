use serde_json::{Value, json};

use crate::site::{Html, ITEM, OTHER, OWNER, Site, header, item};

pub(crate) const ORDER: &str = "01890a5d-ac96-774b-bcce-b302099a8060";

fn line() -> String {
    format!("PUT /api/v1/cart/lines/{ITEM}")
}

fn euros(amount_minor: i64) -> Value {
    json!({ "amount_minor": amount_minor, "currency": "EUR" })
}

fn period() -> Value {
    json!({ "start": "2026-11-30T23:00:00Z", "end": "2026-12-03T23:00:00Z" })
}

/// The drill of somebody else, at a place in Vienna.
fn others() -> Value {
    let mut item = item();
    item["owner_id"] = json!(OTHER);
    item["pickup"] = json!({ "label": "Library", "lat": 48.2, "lon": 16.4, "time_zone": "Europe/Vienna" });
    item
}

pub(crate) fn cart() -> Value {
    json!({ "lines": [{ "item_id": ITEM, "units": 1, "period": period() }] })
}

pub(crate) fn quote() -> Value {
    let line = json!({
        "item_id": ITEM, "name": "Cordless drill", "owner_id": OTHER, "offer": "lend", "units": 1, "period": period(),
        "days": 3, "unit_price": euros(450), "amount": euros(1350), "deposit": euros(2000), "needs_approval": true,
        "free": 2, "obstacle": null,
    });
    json!({ "lines": [line], "refused": [], "total": euros(1350), "deposit_total": euros(2000), "available": true })
}

/// An order in which the owner, who is signed in, has this part.
pub(crate) fn order(borrower: &str, owner: &str, state: &str, progress: &str) -> Value {
    let line = json!({
        "item_id": ITEM, "name": "Cordless drill", "owner_id": owner, "units": 1, "period": period(),
        "unit_price": euros(450), "amount": euros(1350), "deposit": euros(2000), "progress": progress,
    });
    json!({
        "id": ORDER, "number": 12, "borrower_id": borrower, "lines": [line], "total": euros(1350),
        "deposit_total": euros(2000), "provider": "test", "state": state, "state_reason": null, "settled": true,
        "stuck": false, "created_at": "2026-11-20T10:00:00Z", "updated_at": "2026-11-20T10:00:00Z", "version": 4,
    })
}

pub(crate) fn steps() -> Value {
    let steps = json!([
        { "number": 1, "kind": "reserve", "title": "Set aside 1 of Cordless drill", "state": "done",
          "outcome": "It is set aside.", "amount": null, "attempts": 1, "next_attempt_at": null },
        { "number": 2, "kind": "authorise", "title": "Hold €33.50", "state": "begun", "outcome": null,
          "amount": euros(3350), "attempts": 1, "next_attempt_at": null },
    ]);
    json!({ "items": steps, "next": null })
}

fn lends(site: &Site) {
    site.inventory.answer(&format!("GET /api/v1/items/{ITEM}"), 200, others());
}

fn has(site: &Site, order: Value) {
    site.orders.answer(&format!("GET /api/v1/orders/{ORDER}"), 200, order);
    site.orders.answer(&format!("GET /api/v1/orders/{ORDER}/steps"), 200, steps());
}

#[tokio::test]
async fn days_are_priced_at_once_before_anybody_has_signed_in() {
    let site = Site::start().await;
    lends(&site);
    let path = format!("/en/items/{ITEM}");
    let empty = site.get(&path).await.expect(200).html();
    assert!(empty.contains("name=\"from\"") && !empty.contains("Put in the cart"), "{empty}");
    let priced = site.get(&format!("{path}?from=2026-12-01&to=2026-12-03&units=2")).await.expect(200).html();
    assert!(priced.contains("3 days: <strong class=\"price\">€27.00</strong>"), "{priced}");
    let asked = site.inventory.asked(&format!("GET /api/v1/items/{ITEM}/availability"));
    assert!(asked.iter().any(|asked| asked.query == "from=2026-12-01&to=2026-12-04"), "{asked:?}");
}

#[tokio::test]
async fn days_that_cannot_be_are_refused_beside_their_field() {
    let site = Site::start().await;
    lends(&site);
    for (query, field, words) in [
        ("from=2026-12-03&to=2026-12-01", "to", "before it is fetched"),
        ("from=2026-01-01&to=2026-01-02", "from", "That day is over."),
        ("from=2026-12-01&to=2026-12-30", "to", "not lent for so long"),
        ("from=soon&to=2026-12-30", "from", "A day looks like"),
        ("from=2026-11-19&to=2026-11-19&units=3", "from", "Not free on all of these days: 19 November 2026."),
        ("from=2026-12-01&to=2026-12-02&units=-1", "units", "a number from 1 on"),
    ] {
        let page = site.get(&format!("/en/items/{ITEM}?{query}")).await.expect(200).html();
        let marked = page.split(&format!("id=\"{field}-error\">")).nth(1).unwrap_or_else(|| panic!("{query}: {page}"));
        assert!(marked.split("</p>").next().unwrap().contains(words), "{query}: {page}");
        assert!(!page.contains("Put in the cart"), "{query}");
    }
}

#[tokio::test]
async fn nobody_borrows_their_own_thing_or_one_that_is_paused() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    let path = format!("/en/items/{ITEM}");
    assert!(!browser.get(&path).await.html().contains("id=\"borrow\""));
    let mut paused = others();
    paused["status"] = json!("paused");
    site.inventory.answer(&format!("GET /api/v1/items/{ITEM}"), 200, paused);
    assert!(!browser.get(&path).await.html().contains("id=\"borrow\""));
}

#[tokio::test]
async fn a_line_goes_into_the_cart_with_the_days_of_its_place() {
    let site = Site::start().await;
    lends(&site);
    let browser = site.sign_in().await;
    site.orders.answer(&line(), 200, cart());
    let fields = [("from", "2026-12-01"), ("to", "2026-12-03"), ("units", "2")];
    let answer = browser.post(&format!("/en/cart/{ITEM}"), &fields).await.expect(303);
    assert_eq!(header(&answer, "location"), "/en/cart");
    assert_eq!(site.orders.asked(&line())[0].body, json!({ "units": 2, "period": period() }));
    let bad = browser.post(&format!("/en/cart/{ITEM}"), &[("from", "2026-12-03"), ("to", "x")]).await.expect(303);
    assert_eq!(header(&bad, "location"), format!("/en/items/{ITEM}?from=2026-12-03&to=x&units=#borrow"));
}

#[tokio::test]
async fn who_signs_in_on_the_way_to_the_cart_keeps_the_days() {
    let site = Site::start().await;
    lends(&site);
    site.orders.answer(&line(), 200, cart());
    let days = [("from", "2026-12-01"), ("to", "2026-12-03")];
    let page = site.post(&format!("/en/cart/{ITEM}"), &days).await.expect(401).html();
    assert!(page.contains("name=\"from\" value=\"2026-12-01\"") && page.contains("name=\"password\""), "{page}");
    assert!(site.orders.asked(&line()).is_empty());
    let all = [&days[..], &[("email", "ada@example.org"), ("password", "secret words")]].concat();
    let answer = site.post(&format!("/en/cart/{ITEM}"), &all).await.expect(303);
    assert_eq!((header(&answer, "location"), site.orders.asked(&line()).len()), ("/en/cart", 1));
    assert!(header(&answer, "set-cookie").starts_with("session="), "{:?}", answer.headers);
}

#[tokio::test]
async fn a_cart_says_what_it_costs_and_what_cannot_be_had() {
    let site = Site::start().await;
    lends(&site);
    let browser = site.sign_in().await;
    site.orders.answer("GET /api/v1/cart", 200, cart());
    site.orders.answer("POST /api/v1/cart/quote", 200, quote());
    let page = browser.get("/en/cart").await.expect(200).html();
    for shown in ["1 December 2026 – 3 December 2026", "€13.50", "€20.00", "Its owner has to agree", "Order now"]
    {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let mut taken = quote();
    taken["available"] = json!(false);
    taken["lines"][0]["obstacle"] = json!("Only 0 are free.");
    site.orders.answer("POST /api/v1/cart/quote", 200, taken);
    let page = browser.get("/en/cart").await.expect(200).html();
    assert!(page.contains("Only 0 are free.") && !page.contains("Order now"), "{page}");
    let mut gone = quote();
    gone["lines"] = json!([]);
    gone["available"] = json!(false);
    gone["refused"] = json!([{ "item_id": ITEM, "units": 1, "period": period(), "obstacle": "Leave it out." }]);
    site.orders.answer("POST /api/v1/cart/quote", 200, gone);
    let page = browser.get("/en/cart").await.expect(200).html();
    assert!(page.contains("Leave it out.") && !page.contains("Order now"), "{page}");
    site.orders.answer("GET /api/v1/cart", 200, json!({ "lines": [] }));
    assert!(browser.get("/de/cart").await.expect(200).html().contains("In deinem Korb ist nichts."));
}

#[tokio::test]
async fn a_checkout_posted_twice_orders_once() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    let placed = order(OWNER, OTHER, "pending", "agreed");
    site.orders.answer_with("POST /api/v1/orders", 202, placed, &[("cache-group-invalidation", "\"items\"")]);
    for _ in 0..2 {
        let answer = browser.post("/en/checkout", &[("key", "form-7"), ("payment", "test")]).await.expect(303);
        assert_eq!(header(&answer, "location"), format!("/en/orders/{ORDER}?placed=1"));
        assert_eq!(header(&answer, "cache-group-invalidation"), "\"items\"");
    }
    let asked = site.orders.asked("POST /api/v1/orders");
    assert_eq!([asked[0].header("idempotency-key"), asked[1].header("idempotency-key")], ["form-7", "form-7"]);
    let payment = json!({ "provider": "test", "token": "tok_approved" });
    assert_eq!(asked[0].body, json!({ "lines": "cart", "payment": payment }));
}

#[tokio::test]
async fn a_checkout_that_was_not_done_says_why_and_keeps_its_key_only_while_it_may_have_happened() {
    let site = Site::start().await;
    lends(&site);
    let browser = site.sign_in().await;
    site.orders.answer("GET /api/v1/cart", 200, cart());
    site.orders.answer("POST /api/v1/cart/quote", 200, quote());
    site.orders.refuse("POST /api/v1/orders", 409, "conflict");
    let page = browser.post("/en/checkout", &[("key", "form-7")]).await.expect(409).html();
    assert!(page.contains("role=\"alert\"") && !page.contains("form-7"), "{page}");
    site.orders.answer("POST /api/v1/orders", 503, Value::Null);
    let page = browser.post("/en/checkout", &[("key", "form-7")]).await.expect(503).html();
    assert!(page.contains("value=\"form-7\""), "{page}");
}

#[tokio::test]
async fn an_order_shows_its_steps_in_plain_words() {
    let site = Site::start().await;
    lends(&site);
    let browser = site.sign_in().await;
    has(&site, order(OWNER, OTHER, "reserved", "agreed"));
    let page = browser.get(&format!("/en/orders/{ORDER}")).await.expect(200).html();
    for shown in ["Order 12", "Set aside 1 of Cordless drill</strong>: done", "It is set aside.", "data-version=\"4\""]
    {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(page.contains("/cancel\"") && !page.contains("/approve\""), "{page}");
    let german = browser.get(&format!("/de/orders/{ORDER}")).await.expect(200).html();
    assert!(german.contains("Zurücklegen</strong>: erledigt") && german.contains("Bestellung absagen"), "{german}");
    let list = json!({ "items": [order(OWNER, OTHER, "reserved", "agreed")], "next": null });
    site.orders.answer("GET /api/v1/orders", 200, list);
    let list = browser.get("/en/orders").await.expect(200).html();
    assert!(list.contains("You ordered") && list.contains("Set aside, being paid"), "{list}");
}

#[tokio::test]
async fn an_owner_is_offered_what_the_order_allows_and_no_more() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    let path = format!("/en/orders/{ORDER}");
    for (state, progress, open) in [
        ("awaiting_approval", "asked", &["approve", "decline"][..]),
        ("confirmed", "agreed", &["hand-over"]),
        ("active", "handed_over", &["return"]),
        ("closed", "back", &[]),
    ] {
        has(&site, order(OTHER, OWNER, state, progress));
        let page = browser.get(&path).await.expect(200).html();
        for act in ["cancel", "approve", "decline", "hand-over", "return"] {
            assert_eq!(page.contains(&format!("{ORDER}/{act}\"")), open.contains(&act), "{state} {act}: {page}");
        }
    }
}

#[tokio::test]
async fn things_come_back_with_a_note_and_a_part_of_the_deposit() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    has(&site, order(OTHER, OWNER, "active", "handed_over"));
    let (path, call) = (format!("/en/orders/{ORDER}/return"), format!("POST /api/v1/orders/{ORDER}/return"));
    site.orders.answer(&call, 200, order(OTHER, OWNER, "returned", "back"));
    let fields = [("note", "A scratch."), ("keep", "4,50"), ("keep_reason", "The scratch")];
    let answer = browser.post(&path, &fields).await.expect(303);
    assert_eq!(header(&answer, "location"), format!("/en/orders/{ORDER}?done=1"));
    let sent = json!({ "note": "A scratch.", "keep": euros(450), "reason": "The scratch" });
    assert_eq!(site.orders.asked(&call)[0].body, sent);
    let page = browser.post(&path, &[("note", "A scratch."), ("keep", "much")]).await.expect(422).html();
    assert!(page.contains("id=\"keep-error\"") && page.contains(">A scratch.</textarea>"), "{page}");
}

#[tokio::test]
async fn an_act_that_came_too_late_says_so_and_one_after_the_sign_in_ended_keeps_its_words() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    has(&site, order(OTHER, OWNER, "awaiting_approval", "asked"));
    let (path, call) = (format!("/en/orders/{ORDER}/decline"), format!("POST /api/v1/orders/{ORDER}/decline"));
    site.orders.refuse(&call, 409, "conflict");
    let page = browser.post(&path, &[("reason", "It broke.")]).await.expect(409).html();
    assert!(page.contains("role=\"alert\"") && page.contains("value=\"It broke.\""), "{page}");
    let kept = site.post(&path, &[("reason", "It broke.")]).await.expect(401).html();
    assert!(kept.contains("name=\"reason\" value=\"It broke.\"") && kept.contains("name=\"password\""), "{kept}");
}

#[tokio::test]
async fn an_orders_events_reach_the_browser_as_they_come() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    let call = format!("GET /api/v1/orders/{ORDER}/events");
    site.orders.answer(&call, 200, json!({ "version": 5 }));
    let answer = browser.get(&format!("/en/orders/{ORDER}/events")).await.expect(200);
    assert_eq!(header(&answer, "content-type"), "text/event-stream");
    assert_eq!(answer.html(), "{\"version\":5}");
    assert_eq!(site.orders.asked(&call)[0].header("authorization"), "Bearer access-1");
    site.orders.answer(&call, 204, Value::Null);
    browser.get(&format!("/en/orders/{ORDER}/events")).await.expect(204);
}

#[tokio::test]
async fn pages_of_orders_say_what_is_missing_while_the_order_service_is_down() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    for (path, words) in [("/en/cart", "Your cart cannot be shown"), ("/en/orders", "Orders cannot be shown")] {
        let page = browser.get(path).await.expect(503).html();
        assert!(page.contains(words) && page.contains("Browse"), "{path}: {page}");
    }
    lends(&site);
    assert!(browser.get(&format!("/en/items/{ITEM}")).await.expect(200).html().contains("Cordless drill"));
}

#[tokio::test]
async fn what_others_wrote_on_orders_shows_as_text() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    let evil = "'\"><script>alert(1)</script>";
    let mut evil_order = order(OTHER, OWNER, "awaiting_approval", "asked");
    evil_order["state_reason"] = json!(evil);
    evil_order["lines"][0]["name"] = json!(evil);
    has(&site, evil_order.clone());
    let mut evil_steps = steps();
    evil_steps["items"][0]["title"] = json!(evil);
    evil_steps["items"][0]["outcome"] = json!(evil);
    site.orders.answer(&format!("GET /api/v1/orders/{ORDER}/steps"), 200, evil_steps);
    site.orders.answer("GET /api/v1/orders", 200, json!({ "items": [evil_order], "next": null }));
    let mut evil_quote = quote();
    evil_quote["lines"][0]["obstacle"] = json!(evil);
    site.orders.answer("GET /api/v1/cart", 200, cart());
    site.orders.answer("POST /api/v1/cart/quote", 200, evil_quote);
    for path in [format!("/en/orders/{ORDER}"), "/en/orders".to_owned(), "/en/cart".to_owned()] {
        let page = browser.get(&path).await.expect(200).html();
        assert!(!page.contains("<script>") && page.contains("&#60;script&#62;"), "{path}: {page}");
    }
}
