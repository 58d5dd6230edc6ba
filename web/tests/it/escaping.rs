use serde_json::json;

use crate::borrowing::{ORDER, order, steps};
use crate::operating::due;
use crate::site::{Html, ITEM, OTHER, OWNER, Site, header, item, user};

/// Breaks out of text, of attributes in either quotes, and of a URL.
pub(crate) const EVIL: &str = "'\"><script>alert(1)</script><img src=x onerror=alert(1)>";
const SHOWN: &str = "&#60;script&#62;alert(1)&#60;/script&#62;";

fn assert_harmless(page: &str, path: &str) {
    assert!(!page.contains("<script>"), "{path}: {page}");
    assert!(!page.contains("<img src=x"), "{path}: {page}");
    assert!(!page.contains("style=\""), "{path}: {page}");
    assert!(page.contains(SHOWN) || page.contains("&lt;script&gt;"), "{path} does not show it: {page}");
}

/// Lets every service say it in every field that somebody writes.
pub(crate) fn is_written_by_evil(site: &Site) {
    let mut evil = item();
    for field in ["name", "description", "category"] {
        evil[field] = json!(EVIL);
    }
    evil["tags"] = json!([EVIL]);
    evil["pickup"] = json!({ "label": EVIL, "lat": 1.0, "lon": 2.0, "time_zone": EVIL });
    evil["photos"] = json!([{ "id": ITEM, "url": EVIL, "thumbnail_url": EVIL, "alt": EVIL, "width": 4, "height": 3 }]);
    let page = json!({ "items": [evil], "next": EVIL });
    site.inventory.answer("GET /api/v1/items", 200, page.clone());
    site.inventory.answer("GET /api/v1/users/me/items", 200, page);
    site.inventory.answer(&format!("GET /api/v1/items/{ITEM}"), 200, evil);
    let days = json!({ "item_id": ITEM, "time_zone": EVIL, "days": [{ "date": "2026-11-19", "free": 2 }] });
    site.inventory.answer(&format!("GET /api/v1/items/{ITEM}/availability"), 200, days);
    let category = json!({ "slug": EVIL, "name": EVIL, "parent": null, "items": 0, "version": 1 });
    site.inventory.answer("GET /api/v1/categories", 200, json!({ "items": [category], "next": null }));
    let profile = json!({ "id": OWNER, "display_name": EVIL, "member_since": "2026-01-02T03:04:05Z" });
    site.users.answer(&format!("GET /api/v1/users/{OWNER}/profile"), 200, profile);
    let mut me = user(&["member", "admin"]);
    me["email"] = json!(EVIL);
    me["display_name"] = json!(EVIL);
    site.users.answer("GET /api/v1/users/me", 200, me);
    let session = json!({
        "id": OWNER, "device": EVIL, "created_at": "2026-01-02T03:04:05Z", "last_used_at": "2026-01-02T03:04:05Z",
        "expires_at": "2026-01-02T03:04:05Z", "current": false,
    });
    site.users.answer("GET /api/v1/auth/sessions", 200, json!({ "items": [session], "next": null }));
    is_run_by_evil(site);
}

/// The same for what owners of many things and administrators see.
fn is_run_by_evil(site: &Site) {
    let unit = json!({
        "id": OWNER, "label": EVIL, "condition": "good", "out_of_service": false, "version": 1,
        "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z",
    });
    site.inventory.answer(&format!("GET /api/v1/items/{ITEM}/units"), 200, json!({ "items": [unit], "next": null }));
    due(site);
    let mut person = user(&["member"]);
    person["display_name"] = json!(EVIL);
    person["email"] = json!(EVIL);
    site.users.answer("GET /api/v1/users", 200, json!({ "items": [person.clone()], "next": EVIL }));
    site.users.answer(&format!("GET /api/v1/users/{OWNER}"), 200, person);
    let event = json!({
        "id": OTHER, "at": "2026-11-19T08:00:00Z", "kind": "login_failed", "user_id": OWNER, "actor_id": null,
        "session_id": null, "address": EVIL, "note": EVIL,
    });
    site.users.answer("GET /api/v1/auth/events", 200, json!({ "items": [event], "next": EVIL }));
    let mut stuck = order(OTHER, OWNER, "awaiting_approval", "asked");
    stuck["state_reason"] = json!(EVIL);
    stuck["lines"][0]["name"] = json!(EVIL);
    stuck["lines"][0]["period"] = json!({ "start": "2026-11-18T08:00:00Z", "end": "2026-11-19T08:00:00Z" });
    site.orders.answer("GET /api/v1/orders", 200, json!({ "items": [stuck.clone()], "next": null }));
    site.orders.answer(&format!("GET /api/v1/orders/{ORDER}"), 200, stuck);
    let mut evil_steps = steps();
    for field in ["title", "outcome"] {
        evil_steps["items"][1][field] = json!(EVIL);
    }
    evil_steps["items"][1]["state"] = json!("stuck");
    site.orders.answer(&format!("GET /api/v1/orders/{ORDER}/steps"), 200, evil_steps);
    let reports = json!({ "items": [{ "name": "revenue", "about": EVIL }] });
    site.warehouse.answer("GET /api/v1/warehouse/reports", 200, reports);
    let report = json!({ "about": EVIL, "columns": [EVIL, "count"], "rows": [[EVIL, 3]], "truncated": false });
    site.warehouse.answer("GET /api/v1/warehouse/reports/revenue", 200, report);
}

/// Where anybody, and where an administrator with things of their own, meets what others wrote.
pub(crate) fn evil_pages() -> (Vec<String>, Vec<String>) {
    let mine = format!("/en/mine/{ITEM}");
    let public = ["/en", "/de/items"].map(ToOwned::to_owned).into_iter();
    let public = public.chain([format!("/en/items/{ITEM}"), format!("/de/members/{OWNER}")]);
    let own =
        ["/en/mine", "/en/offer", "/de/account", "/en/categories", "/en/people", "/en/audit", "/de/mine/bookings"];
    let run = ["/en/stuck", "/en/desk", "/en/operations", "/en/reports/revenue", "/en/orders"].map(ToOwned::to_owned);
    let own = own.map(ToOwned::to_owned).into_iter().chain(run).chain([
        format!("{mine}/units"),
        format!("{mine}/labels"),
        format!("/en/people/{OWNER}"),
        format!("/en/orders/{ORDER}"),
        mine,
    ]);
    (public.collect(), own.collect())
}

#[tokio::test]
async fn what_others_wrote_shows_as_text_in_every_field() {
    let site = Site::start().await;
    is_written_by_evil(&site);
    let (public, own) = evil_pages();
    for path in &public {
        assert_harmless(&site.get(path).await.expect(200).html(), path);
    }
    let browser = site.sign_in().await;
    for path in &own {
        assert_harmless(&browser.get(path).await.expect(200).html(), path);
    }
}
#[tokio::test]
async fn what_an_address_or_a_form_says_shows_as_text() {
    let site = Site::start().await;
    let evil: String = url::form_urlencoded::byte_serialize(EVIL.as_bytes()).collect();
    for name in ["q", "tag", "near", "max_price", "from", "to", "owner"] {
        let path = format!("/en/items?{name}={evil}");
        assert_harmless(&site.get(&path).await.expect(200).html(), &path);
    }
    site.users.refuse("POST /api/v1/auth/register", 422, "invalid_fields");
    site.users.refuse("POST /api/v1/auth/login", 401, "wrong_credentials");
    for path in ["/en/sign-in", "/de/register"] {
        let page = site.post(path, &[("email", EVIL), ("display_name", EVIL), ("password", EVIL)]).await;
        assert_harmless(&page.html(), path);
    }
}

#[tokio::test]
async fn every_answer_carries_the_strict_policy() {
    let site = Site::start().await;
    let item = format!("/en/items/{ITEM}");
    for path in [
        "/",
        "/en",
        "/en/items",
        &item,
        "/en/sign-in",
        "/en/register",
        "/en/problems",
        "/de/problems/gone",
        "/x",
        "/en/x",
    ] {
        let answer = site.get(path).await;
        let policy = header(&answer, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff", "{path}");
    }
}
