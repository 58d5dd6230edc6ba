use std::collections::HashSet;

use serde_json::{Value, json};

use crate::inventory::{Inventory, Member, on_both, text};

const SORTS: [&str; 6] = ["created_at", "-created_at", "name", "-name", "daily_price", "-daily_price"];

async fn offer(member: &Member, category: &str, number: u64) -> String {
    // Names and prices repeat, so that only the id decides between some neighbours.
    let mut item = json!({ "name": format!("Item {}", number * 7 % 5), "category": category });
    if !number.is_multiple_of(4) {
        item["daily_price"] = json!({ "amount_minor": number * 3 % 7, "currency": "EUR" });
    }
    text(&member.offers(&item).await.json()["id"])
}

/// Walks a list to its end, calling `between` after each page.
async fn walk(inventory: &Inventory, query: &str, between: impl AsyncFn()) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = inventory.anonymous().get(&format!("/api/v1/items?{query}{cursor}")).await.expect(200).json();
        items.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else {
            return items;
        };
        cursor = format!("&cursor={next}");
        between().await;
    }
}

/// What an item is ordered by, as a list of `sort` does it.
fn place(item: &Value, sort: &str) -> (String, i64, String) {
    let id = text(&item["id"]);
    match sort.trim_start_matches('-') {
        "name" => (text(&item["name"]).to_lowercase(), 0, id),
        "daily_price" => (String::new(), item["daily_price"]["amount_minor"].as_i64().unwrap_or(0), id),
        _ => (String::new(), 0, id),
    }
}

#[tokio::test]
async fn pages_show_every_item_once_and_in_order_while_others_are_added() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let (ada, bob) = (inventory.member("ada"), inventory.member("bob"));
        let mut there = HashSet::new();
        for number in 0..23 {
            there.insert(offer(&ada, &category, number).await);
        }
        for sort in SORTS {
            let added = std::sync::atomic::AtomicU64::new(0);
            let query = format!("limit=5&sort={sort}");
            let walked = walk(inventory, &query, async || {
                let number = added.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                offer(&bob, &category, number).await;
            })
            .await;
            let ids: Vec<_> = walked.iter().map(|item| text(&item["id"])).collect();
            let distinct: HashSet<_> = ids.iter().cloned().collect();
            assert_eq!(distinct.len(), ids.len(), "{sort}: no item twice");
            assert!(there.is_subset(&distinct), "{sort}: none of those that were there is missing");
            let places: Vec<_> = walked.iter().map(|item| place(item, sort)).collect();
            let ordered = if sort.starts_with('-') {
                places.is_sorted_by(|one, next| one > next)
            } else {
                places.is_sorted_by(|one, next| one < next)
            };
            assert!(ordered, "{sort}: {places:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn names_are_ordered_alike_on_both_databases() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let ada = inventory.member("ada");
        for name in ["zebra", "Äpfel", "apfel", "Banana", "_x", "1 a", "éclair", "Zoo", "工具", "a b", "a-b"] {
            ada.offers(&json!({ "name": name, "category": category })).await;
        }
        let expected = ["1 a", "_x", "a b", "a-b", "Äpfel", "apfel", "Banana", "éclair", "zebra", "Zoo", "工具"];
        assert_eq!(inventory.names("sort=name").await, expected);
    })
    .await;
}

#[tokio::test]
async fn a_name_that_folds_to_eighteen_times_its_length_has_its_place() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let ada = inventory.member("ada");
        let long = "\u{fdfa}".repeat(120);
        for number in 0..3 {
            ada.offers(&json!({ "name": long, "category": category, "tags": [number.to_string()] })).await;
        }
        let walked = walk(inventory, "limit=1&sort=name", async || {}).await;
        let tags: Vec<_> = walked.iter().map(|item| item["tags"].clone()).collect();
        assert_eq!(tags, [json!(["0"]), json!(["1"]), json!(["2"])]);
    })
    .await;
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_only() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let ada = inventory.member("ada");
        for number in 0..3 {
            offer(&ada, &category, number).await;
        }
        let client = inventory.anonymous();
        let first = client.get("/api/v1/items?limit=1&sort=name").await.expect(200).json();
        let cursor = text(&first["next"]);
        client.get(&format!("/api/v1/items?limit=2&sort=name&cursor={cursor}")).await.expect(200);
        for other in ["", "&sort=-name", "&sort=name&q=item", "&sort=name&category=tools", "&sort=name&tag=x"] {
            let answer = client.get(&format!("/api/v1/items?cursor={cursor}{other}")).await.expect(400);
            assert_eq!(answer.problem(), "invalid_cursor", "{other}");
        }
        for garbage in ["x", "AAAA", "%00", &cursor[..cursor.len() - 4]] {
            let answer = client.get(&format!("/api/v1/items?sort=name&cursor={garbage}")).await.expect(400);
            assert_eq!(answer.problem(), "invalid_cursor", "{garbage}");
        }
    })
    .await;
}

#[tokio::test]
async fn filters_narrow_a_list_together() {
    on_both(async |inventory| {
        let admin = inventory.admin().client;
        inventory.category("Tools").await;
        inventory.category("Garden").await;
        let power = json!({ "name": "Power tools", "parent": "tools" });
        admin.post("/api/v1/categories", &power).await.expect(201);
        let drills = json!({ "name": "Drills", "parent": "power-tools" });
        admin.post("/api/v1/categories", &drills).await.expect(201);
        let (ada, bob) = (inventory.member("ada"), inventory.member("bob"));
        ada.offers(&json!({ "name": "Hammer", "category": "tools", "tags": ["DIY"] })).await;
        ada.offers(&json!({ "name": "Drill", "category": "drills", "tags": ["DIY", "power"] })).await;
        bob.offers(&json!({ "name": "Sander", "category": "power-tools", "tags": ["power"] })).await;
        bob.offers(&json!({ "name": "Rake", "category": "garden" })).await;

        let owner = format!("owner={}", ada.id);
        for (query, names) in [
            ("category=tools", &["Drill", "Hammer", "Sander"][..]),
            ("category=power-tools", &["Drill", "Sander"]),
            ("category=drills", &["Drill"]),
            ("category=nowhere", &[]),
            ("tag=DIY", &["Drill", "Hammer"]),
            ("tag=diy", &[]),
            (&*owner, &["Drill", "Hammer"]),
            (&*format!("{owner}&tag=power"), &["Drill"]),
            ("category=tools&q=sand", &["Sander"]),
            ("category=garden&tag=DIY", &[]),
            ("category=&q=&owner=&tag=", &["Drill", "Hammer", "Rake", "Sander"]),
        ] {
            assert_eq!(inventory.names(&format!("sort=name&{query}")).await, names, "{query}");
        }
    })
    .await;
}
