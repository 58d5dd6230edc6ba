use serde_json::{Value, json};

use crate::borrowing::{ORDER, cart, order, quote, steps};
use crate::operating::{due, events, runs};
use crate::site::{ITEM, OTHER, OWNER, Site, item, user};

/// Pages of which each part has something to show: a drill with photos and units, orders for it, people, and figures.
pub(crate) async fn furnished() -> Site {
    let site = Site::start().await;
    let page = |rows: Value| json!({ "items": rows, "next": null });
    let drill = drill(&site).await;
    site.inventory.answer("GET /api/v1/items", 200, page(json!([drill])));
    site.inventory.answer("GET /api/v1/users/me/items", 200, page(json!([drill])));
    site.inventory.answer(&format!("GET /api/v1/items/{ITEM}"), 200, drill);
    let days: Vec<_> =
        (1..=30).map(|day| json!({ "date": format!("2026-12-{day:02}"), "free": 1 + day % 2 })).collect();
    let days = json!({ "item_id": ITEM, "time_zone": "Europe/Vienna", "days": days });
    site.inventory.answer(&format!("GET /api/v1/items/{ITEM}/availability"), 200, days);
    site.inventory.answer(&format!("GET /api/v1/items/{ITEM}/units"), 200, page(json!([unit()])));
    let profile = json!({ "id": OTHER, "display_name": "Grace H.", "member_since": "2026-01-02T03:04:05Z" });
    site.users.answer(&format!("GET /api/v1/users/{OTHER}/profile"), 200, profile);
    let session = json!({
        "id": OTHER, "device": "A telephone", "created_at": "2026-01-02T03:04:05Z",
        "last_used_at": "2026-11-02T03:04:05Z", "expires_at": "2026-12-02T03:04:05Z", "current": false,
    });
    site.users.answer("GET /api/v1/auth/sessions", 200, page(json!([session])));
    is_asked(&site, "awaiting_approval", "asked");
    site.orders.answer("GET /api/v1/cart", 200, cart());
    site.orders.answer("POST /api/v1/cart/quote", 200, quote());
    site.orders.answer(&format!("GET /api/v1/orders/{ORDER}/events"), 204, Value::Null);
    site.users.answer("GET /api/v1/users", 200, page(json!([user(&["member"])])));
    site.users.answer(&format!("GET /api/v1/users/{OWNER}"), 200, user(&["member"]));
    site.users.answer("GET /api/v1/auth/events", 200, events("wrong_password"));
    runs(&site);
    due(&site);
    site.promote();
    site
}

/// Somebody's order for the owner's drill, this far.
pub(crate) fn is_asked(site: &Site, state: &str, progress: &str) {
    let mut asked = order(OTHER, OWNER, state, progress);
    asked["stuck"] = json!(true);
    let mut of_it = steps();
    of_it["items"][1]["state"] = json!("stuck");
    site.orders.answer("GET /api/v1/orders", 200, json!({ "items": [asked.clone()], "next": null }));
    site.orders.answer(&format!("GET /api/v1/orders/{ORDER}"), 200, asked);
    site.orders.answer(&format!("GET /api/v1/orders/{ORDER}/steps"), 200, of_it);
}

/// The drill of somebody else, with two photos that are there.
async fn drill(site: &Site) -> Value {
    let home = site.get("/en").await.expect(200);
    let home = String::from_utf8(home.body).unwrap();
    let picture = home.split('"').find(|part| part.starts_with("/assets/web/mark.")).unwrap();
    let photo = |id: &str, alt: &str| json!({ "id": id, "url": picture, "thumbnail_url": picture, "alt": alt, "width": 1600, "height": 1200 });
    let mut drill = item();
    drill["owner_id"] = json!(OTHER);
    drill["photos"] = json!([photo(OWNER, "A drill in its case"), photo(OTHER, "")]);
    drill["pickup"] = json!({ "label": "Library", "lat": 48.2, "lon": 16.4, "time_zone": "Europe/Vienna" });
    drill
}

fn unit() -> Value {
    json!({
        "id": OTHER, "label": "Drill 3", "condition": "good", "out_of_service": false, "version": 2,
        "created_at": "2026-11-02T03:04:05Z", "updated_at": "2026-11-02T03:04:05Z",
    })
}
