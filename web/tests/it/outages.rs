use serde_json::json;

use crate::borrowing::ORDER;
use crate::browser::every_page;
use crate::scenery::furnished;
use crate::site::{Html, ITEM, OWNER, Site, header};

#[tokio::test]
async fn an_items_page_without_the_user_service_shows_the_rest() {
    let site = Site::start().await;
    site.users.goes_down();
    let page = site.get(&format!("/en/items/{ITEM}")).await.expect(200);
    assert_eq!(header(&page, "cache-control"), "private, no-store");
    let text = page.html();
    assert!(text.contains("Cordless drill") && text.contains("Who offers it cannot be shown"), "{text}");
}

#[tokio::test]
async fn an_items_page_without_its_availability_shows_the_rest() {
    let site = Site::start().await;
    site.inventory.refuse(&format!("GET /api/v1/items/{ITEM}/availability"), 500, "internal");
    let text = site.get(&format!("/en/items/{ITEM}")).await.expect(200).html();
    assert!(text.contains("Ada L.") && text.contains("When it is free cannot be shown"), "{text}");
}

#[tokio::test]
async fn without_the_inventory_pages_say_so_and_are_not_kept() {
    let site = Site::start().await;
    site.inventory.goes_down();
    for path in ["/en", "/en/items"] {
        let page = site.get(path).await.expect(503);
        assert_eq!(header(&page, "cache-control"), "private, no-store");
        let text = page.html();
        assert!(text.contains("The things on offer cannot be shown"), "{text}");
    }
    let item = site.get(&format!("/de/items/{ITEM}")).await.expect(503).html();
    assert!(item.contains("Ein Teil von Lendery antwortet nicht"), "{item}");
    let member = site.get(&format!("/en/members/{OWNER}")).await.expect(200).html();
    assert!(member.contains("Ada L.") && member.contains("cannot be shown"), "{member}");
}

/// What cannot be whole without a service.
const NEEDING: [(&str, &[&str]); 6] = [
    (
        "users",
        &[
            "/en/items/ITEM",
            "/de/members/MEMBER",
            "/en/account",
            "/en/people",
            "/en/audit",
            "/en/operations",
            "/en/desk",
        ],
    ),
    (
        "inventory",
        &["/en", "/de/items?q=drill", "/en/items/ITEM", "/en/mine", "/en/offer", "/en/mine/ITEM", "/en/categories"],
    ),
    (
        "orders",
        &["/en/cart", "/de/orders", "/en/orders/ORDER", "/en/mine/bookings?month=2026-12", "/en/stuck", "/en/desk"],
    ),
    ("payments", &["/en/desk"]),
    ("warehouse", &["/en/operations", "/de/reports/revenue"]),
    ("operations", &["/en/operations"]),
];

#[tokio::test]
async fn with_any_one_service_down_every_page_says_what_is_missing_and_shows_the_rest() {
    for (down, needing) in NEEDING {
        let site = furnished().await;
        let browser = site.sign_in().await;
        let service = match down {
            "users" => &site.users,
            "inventory" => &site.inventory,
            "orders" => &site.orders,
            "payments" => &site.payments,
            "warehouse" => &site.warehouse,
            _ => &site.operations,
        };
        service.goes_down();
        for path in every_page() {
            let page = browser.get(&path).await;
            let (status, text) = (page.status, page.html());
            assert!(status < 500 || status == 503, "{path} without {down}: {status}");
            assert!(text.contains("<nav"), "{path} without {down} is no page: {text}");
        }
        for path in needing {
            let path = path.replace("ITEM", ITEM).replace("MEMBER", OWNER).replace("ORDER", ORDER);
            let page = browser.get(&path).await;
            let (status, text) = (page.status, page.html());
            let says = text.contains("class=\"notice") || status == 503;
            assert!(says, "{path} without {down} hides that something is missing: {text}");
        }
    }
}

#[tokio::test]
async fn a_form_that_could_not_be_sent_keeps_what_was_typed() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    site.inventory.goes_down();
    let fields = [("name", "My kept words"), ("offer", "lend"), ("currency", "EUR"), ("key", "k-1")];
    let page = browser.post("/en/offer", &fields).await.expect(503).html();
    assert!(page.contains("value=\"My kept words\"") && page.contains("value=\"k-1\""), "{page}");
}

#[tokio::test]
async fn what_is_gone_or_was_never_there_has_a_page() {
    let site = Site::start().await;
    site.inventory.refuse(&format!("GET /api/v1/items/{ITEM}"), 410, "gone");
    let gone = site.get(&format!("/en/items/{ITEM}")).await.expect(410).html();
    assert!(gone.contains("What was here has been retired") && gone.contains("<html lang=\"en\">"), "{gone}");
    for path in ["/de/items/nonsense", "/de/nowhere", "/de/problems/nothing", "/de/members/1"] {
        let page = site.get(path).await.expect(404).html();
        assert!(page.contains("Unter dieser Adresse ist nichts"), "{path}: {page}");
    }
    let method = site.post("/en/items", &[]).await.expect(405);
    assert!(header(&method, "content-type").starts_with("text/html"));
}

#[tokio::test]
async fn a_search_with_a_value_that_is_none_says_which_and_keeps_the_others() {
    let site = Site::start().await;
    let mut problem = crate::fake::problem(422, "invalid_fields");
    problem["errors"] = json!([{ "pointer": "near", "code": "malformed", "detail": "near is north,east." }]);
    site.inventory.answer("GET /api/v1/items", 422, problem);
    let page = site.get("/en/items?q=drill&near=here").await.expect(422).html();
    assert!(page.contains("near is north,east.") && page.contains("value=\"drill\""), "{page}");
}
