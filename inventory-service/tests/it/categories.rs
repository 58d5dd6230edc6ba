use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::send;

use crate::inventory::{Inventory, address, on_both, refused, text};

async fn all(inventory: &Inventory) -> Vec<(String, String, Option<String>)> {
    let page = inventory.anonymous().get("/api/v1/categories").await.expect(200).json();
    let row = |category: &Value| {
        let parent = category["parent"].as_str().map(ToOwned::to_owned);
        (text(&category["slug"]), text(&category["name"]), parent)
    };
    page["items"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn administrators_look_after_a_tree_of_categories() {
    on_both(async |inventory| {
        let admin = inventory.admin().client;
        let tools = admin.post("/api/v1/categories", &json!({ "name": "Tools" })).await.expect(201);
        assert_eq!(tools.header("location"), Some("/api/v1/categories/tools"));
        assert_eq!(tools.header("cache-group-invalidation"), Some("\"categories\", \"items\""));
        let drills = json!({ "name": "Drills & bits", "slug": "drills", "parent": "tools" });
        let drills = admin.post("/api/v1/categories", &drills).await.expect(201);
        assert_eq!(
            drills.json(),
            json!({ "slug": "drills", "name": "Drills & bits", "parent": "tools", "items": 0, "version": 1 })
        );

        let renamed = json!({ "name": "Drills" });
        let replaced = admin.put("/api/v1/categories/drills", "\"1\"", &renamed).await.expect(200);
        assert_eq!((replaced.etag(), &replaced.json()["parent"]), ("\"2\"".to_owned(), &json!(null)));
        let row = |slug: &str, name: &str| (slug.to_owned(), name.to_owned(), None);
        assert_eq!(all(inventory).await, [row("drills", "Drills"), row("tools", "Tools")]);
        admin.delete("/api/v1/categories/drills", "\"2\"").await.expect(204);
        assert_eq!(all(inventory).await, [row("tools", "Tools")]);

        let list = inventory.anonymous().get("/api/v1/categories").await.expect(200);
        assert_eq!(list.header("cache-groups"), Some("\"categories\""));
    })
    .await;
}

#[tokio::test]
async fn a_category_is_where_its_creation_says_and_has_the_version_that_a_change_names() {
    on_both(async |inventory| {
        let admin = inventory.admin().client;
        let made = admin.post("/api/v1/categories", &json!({ "name": "Tools" })).await.expect(201);
        let address = made.header("location").unwrap();
        let read = inventory.anonymous().get(address).await.expect(200);
        assert_eq!((read.json(), read.etag()), (made.json(), made.etag()));
        admin.put(address, &read.etag(), &json!({ "name": "Power tools" })).await.expect(200);
        let again = inventory.anonymous().get(address).await.expect(200);
        assert_eq!((&again.json()["name"], again.etag()), (&json!("Power tools"), "\"2\"".to_owned()));
        let item = json!({ "name": "Drill", "category": again.json()["slug"] });
        let ada = inventory.member("ada");
        let item = self::address(&ada.offers(&item).await);
        let known = inventory.anonymous().request(Method::GET, address).header("if-none-match", again.etag());
        let counted = send(known).await.expect(200);
        assert_eq!(counted.json()["items"], 1, "whoever knew of none is told");
        admin.put(address, &counted.etag(), &json!({ "name": "Power tools!" })).await.expect(200);
        ada.client.delete(&item, "\"1\"").await.expect(204);
        let again = inventory.anonymous().get(address).await.expect(200);
        admin.put(address, &read.etag(), &json!({ "name": "Tools" })).await.expect(412);
        admin.delete(address, &again.etag()).await.expect(204);
        inventory.anonymous().get(address).await.expect(404);
    })
    .await;
}

#[tokio::test]
async fn categories_come_page_by_page() {
    on_both(async |inventory| {
        for number in 10..35 {
            inventory.category(&format!("Kind {number}")).await;
        }
        let client = inventory.anonymous();
        let (mut found, mut sizes, mut cursor) = (Vec::new(), Vec::new(), String::new());
        loop {
            let page = client.get(&format!("/api/v1/categories?limit=20{cursor}")).await.expect(200).json();
            let slugs: Vec<_> = page["items"].as_array().unwrap().iter().map(|one| text(&one["slug"])).collect();
            sizes.push(slugs.len());
            found.extend(slugs);
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(sizes, [20, 5]);
        assert_eq!(found, (10..35).map(|number| format!("kind-{number}")).collect::<Vec<_>>());
        let whole = client.get("/api/v1/categories").await.expect(200).json();
        assert_eq!((whole["items"].as_array().unwrap().len(), &whole["next"]), (25, &json!(null)));
        let first = client.get("/api/v1/categories?limit=25").await.expect(200).json();
        assert_eq!(first["next"], json!(null), "nothing follows the last");
        for foreign in ["cursor=x", "cursor="] {
            let refused = client.get(&format!("/api/v1/categories?{foreign}")).await.expect(400);
            assert_eq!(refused.problem(), "invalid_cursor");
        }
    })
    .await;
}

#[tokio::test]
async fn what_would_break_the_tree_is_refused() {
    on_both(async |inventory| {
        let admin = inventory.admin().client;
        admin.post("/api/v1/categories", &json!({ "name": "Tools" })).await.expect(201);
        admin.post("/api/v1/categories", &json!({ "name": "Drills", "parent": "tools" })).await.expect(201);
        let taken = admin.post("/api/v1/categories", &json!({ "name": "tools" })).await.expect(409);
        assert_eq!(taken.problem(), "conflict");
        for (body, pointers) in [
            (json!({}), &["/name"][..]),
            (json!({ "name": "x", "slug": "No", "parent": "nowhere" }), &["/parent", "/slug"]),
            (json!({ "name": "\u{202e}" }), &["/name"]),
            (json!({ "name": "…" }), &["/slug"]),
        ] {
            let answer = admin.post("/api/v1/categories", &body).await.expect(422);
            assert_eq!(refused(&answer), pointers, "{body}");
        }
        let below = json!({ "name": "Tools", "parent": "drills" });
        let circular = admin.put("/api/v1/categories/tools", "\"1\"", &below).await.expect(422);
        assert_eq!(refused(&circular), ["/parent"]);
        assert_eq!(admin.put("/api/v1/categories/tools", "\"9\"", &json!({ "name": "T" })).await.status, 412);
        assert_eq!(all(inventory).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_category_in_use_stays() {
    on_both(async |inventory| {
        let admin = inventory.admin().client;
        inventory.category("Tools").await;
        admin.post("/api/v1/categories", &json!({ "name": "Drills", "parent": "tools" })).await.expect(201);
        let ada = inventory.member("ada");
        let item = ada.offers(&json!({ "name": "Drill", "category": "drills" })).await;
        for slug in ["tools", "drills"] {
            let answer = admin.delete(&format!("/api/v1/categories/{slug}"), "\"1\"").await.expect(409);
            assert_eq!(answer.problem(), "conflict", "{slug}");
        }
        inventory.category("Other").await;
        ada.client.patch(&address(&item), "\"1\"", &json!({ "category": "other" })).await.expect(200);
        admin.delete("/api/v1/categories/drills", "\"1\"").await.expect(204);
        admin.delete("/api/v1/categories/tools", "\"1\"").await.expect(204);
    })
    .await;
}

#[tokio::test]
async fn a_category_of_retired_items_alone_can_be_removed() {
    on_both(async |inventory| {
        let admin = inventory.admin().client;
        inventory.category("Tools").await;
        let ada = inventory.member("ada");
        let address = address(&ada.offers(&json!({ "name": "Saw", "category": "tools" })).await);
        admin.delete("/api/v1/categories/tools", "\"1\"").await.expect(409);
        ada.client.delete(&address, "\"1\"").await.expect(204);
        admin.delete("/api/v1/categories/tools", "\"1\"").await.expect(204);
        ada.client.get(&address).await.expect(410);
        inventory.category("Tools").await;
        let again = inventory.import(&ada, "", "name,category\nSaw,Tools\n").await.expect(200).json();
        assert_eq!(again["created"], 1);
    })
    .await;
}

#[tokio::test]
async fn categories_count_what_is_listed_in_them_and_below() {
    on_both(async |inventory| {
        let admin = inventory.admin().client;
        inventory.category("Tools").await;
        inventory.category("Garden").await;
        admin.post("/api/v1/categories", &json!({ "name": "Drills", "parent": "tools" })).await.expect(201);
        let ada = inventory.member("ada");
        let counts = async || {
            let page = inventory.anonymous().get("/api/v1/categories").await.expect(200).json();
            let count = |category: &Value| (text(&category["slug"]), category["items"].as_u64().unwrap());
            page["items"].as_array().unwrap().iter().map(count).collect::<Vec<_>>()
        };
        let row = |slug: &str, items| (slug.to_owned(), items);
        let groups = |answer: &test_kit::http::Answer| answer.header("cache-group-invalidation").unwrap().to_owned();
        let saw = ada.offers(&json!({ "name": "Saw", "category": "tools" })).await;
        assert!(groups(&saw).contains("\"categories\""));
        let drill = ada.offers(&json!({ "name": "Drill", "category": "drills" })).await;
        let draft = ada.offers(&json!({ "name": "Axe", "category": "tools", "status": "draft" })).await;
        assert!(!groups(&draft).contains("categories"), "nobody counts a draft");
        assert_eq!(counts().await, [row("drills", 1), row("garden", 0), row("tools", 2)]);
        let moved = ada.client.patch(&address(&drill), "*", &json!({ "category": "garden" })).await.expect(200);
        assert!(groups(&moved).contains("\"categories\""));
        let renamed = ada.client.patch(&address(&drill), "*", &json!({ "name": "Rake" })).await.expect(200);
        assert!(!groups(&renamed).contains("categories"));
        let retired = ada.client.delete(&address(&saw), "*").await.expect(204);
        assert!(groups(&retired).contains("\"categories\""));
        assert_eq!(counts().await, [row("drills", 0), row("garden", 1), row("tools", 0)]);
    })
    .await;
}

#[tokio::test]
async fn categories_are_not_for_members_to_change() {
    on_both(async |inventory| {
        inventory.category("Tools").await;
        let ada = inventory.member("ada").client;
        for (client, status) in [(inventory.anonymous(), 401), (ada, 403)] {
            let body = json!({ "name": "Mine" });
            assert_eq!(client.post("/api/v1/categories", &body).await.status, status);
            assert_eq!(client.put("/api/v1/categories/tools", "\"1\"", &body).await.status, status);
            assert_eq!(client.delete("/api/v1/categories/tools", "\"1\"").await.status, status);
        }
        let admin = inventory.admin().client;
        for slug in ["nowhere", "No%20Slug", "%FF"] {
            admin.delete(&format!("/api/v1/categories/{slug}"), "\"1\"").await.expect(404);
        }
        send(admin.request(Method::DELETE, "/api/v1/categories/tools")).await.expect(428);
        assert_eq!(all(inventory).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn one_of_many_equal_categories_is_made() {
    on_both(async |inventory| {
        let mut requests = tokio::task::JoinSet::new();
        for _ in 0..10 {
            let admin = inventory.admin().client;
            requests.spawn(async move { admin.post("/api/v1/categories", &json!({ "name": "Tools" })).await.status });
        }
        let mut statuses = requests.join_all().await;
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409, 409, 409]);
    })
    .await;
}
