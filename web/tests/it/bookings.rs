use serde_json::json;

use crate::borrowing::order;
use crate::site::{Html, ITEM, OTHER, OWNER, Site, item};

#[tokio::test]
async fn a_month_shows_which_orders_have_my_things() {
    let site = Site::start().await;
    let mut at_place = item();
    at_place["pickup"] = json!({ "label": "Library", "lat": 48.2, "lon": 16.4, "time_zone": "Europe/Vienna" });
    site.inventory.answer("GET /api/v1/users/me/items", 200, json!({ "items": [at_place], "next": null }));
    let mut declined = order(OTHER, OWNER, "declined", "asked");
    declined["number"] = json!(99);
    let mut borrowed = order(OWNER, OTHER, "confirmed", "agreed");
    borrowed["number"] = json!(77);
    let all = [order(OTHER, OWNER, "confirmed", "agreed"), declined, borrowed];
    site.orders.answer("GET /api/v1/orders", 200, json!({ "items": all, "next": null }));
    let browser = site.sign_in().await;
    let page = browser.get("/en/mine/bookings?month=2026-12").await.expect(200).html();
    assert!(page.contains("<caption>December 2026</caption>"), "{page}");
    assert_eq!(page.matches("class=\"full\"").count(), 3, "from 1 to 3 December, as in Vienna: {page}");
    assert!(page.contains("1 December 2026 – 3 December 2026") && page.contains("Cordless drill"), "{page}");
    assert!(!page.contains("Order 99") && !page.contains("Order 77"), "{page}");
    assert!(page.contains("bookings?month=2026-11") && page.contains("bookings?month=2027-01"), "{page}");
    let now = browser.get("/de/mine/bookings").await.expect(200).html();
    assert!(now.contains("<caption>November 2026</caption>") && now.contains("In diesem Monat ist nichts gebucht."));
    let odd = browser.get("/en/mine/bookings?month=soon").await.expect(200).html();
    assert!(odd.contains("<caption>November 2026</caption>"), "{odd}");
}

#[tokio::test]
async fn a_calendar_without_the_order_service_says_so() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    let page = browser.get("/en/mine/bookings").await.expect(503).html();
    assert!(page.contains("The bookings cannot be shown") && page.contains("<caption>November 2026"), "{page}");
    site.orders.answer("GET /api/v1/orders", 200, json!({ "items": [], "next": null }));
    site.inventory.goes_down();
    browser.get("/en/mine/bookings").await.expect(200);
    assert!(!site.inventory.asked("GET /api/v1/users/me/items").is_empty(), "{ITEM}");
}
