use serde_json::json;

use crate::inventory::{address, on_both, refused, text};

#[tokio::test]
async fn an_item_is_offered_read_changed_and_retired() {
    on_both(async |inventory| {
        let category = inventory.category("Power tools").await;
        let ada = inventory.member("ada");
        let offered = json!({
            "name": "Cordless drill", "category": category, "description": "18 volt\nwith two batteries",
            "tags": ["diy", "power tools"], "condition": "like_new", "units": 4, "max_loan_days": 7,
            "daily_price": { "amount_minor": 450, "currency": "CHF" },
            "deposit": { "amount_minor": 5000, "currency": "CHF" }, "approval": "owner",
            "pickup": { "label": "Shed", "lat": 48.2, "lon": 16.37, "time_zone": "Europe/Vienna" },
        });
        let created = ada.offers(&offered).await;
        let address = address(&created);
        assert_eq!(created.header("location"), Some(&*address));
        assert_eq!(created.etag(), "\"1\"");
        let read = inventory.anonymous().get(&address).await.expect(200);
        assert_eq!(read.json(), created.json(), "everybody reads what the owner was told");
        for (field, value) in offered.as_object().unwrap() {
            assert_eq!(&read.json()[field], value, "{field}");
        }

        let renamed = json!({ "name": "Drill", "category": category });
        let replaced = ada.client.put(&address, "\"1\"", &renamed).await.expect(200);
        assert_eq!(replaced.etag(), "\"2\"");
        assert_eq!(replaced.json()["units"], 1, "what PUT leaves out goes back to its default");
        assert_eq!(replaced.json()["pickup"], json!(null));
        let patched = ada.client.patch(&address, "\"2\"", &json!({ "tags": ["x"], "units": 2 })).await.expect(200);
        assert_eq!((&patched.json()["name"], &patched.json()["units"]), (&json!("Drill"), &json!(2)));
        assert_eq!(inventory.anonymous().get(&address).await.expect(200).json(), patched.json());

        ada.client.delete(&address, "\"3\"").await.expect(204);
        assert_eq!(inventory.anonymous().get(&address).await.expect(410).problem(), "gone");
        assert_eq!(ada.client.delete(&address, "\"4\"").await.expect(410).problem(), "gone");
        ada.client.put(&address, "\"4\"", &renamed).await.expect(410);
        assert_eq!(inventory.names("").await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_name_and_a_category_are_enough_for_an_item() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let item = inventory.member("ada").offers(&json!({ "name": "Saw", "category": category })).await.json();
        let defaults = json!({
            "description": "", "tags": [], "condition": "good", "offer": "lend", "units": 1, "daily_price": null,
            "deposit": null, "max_loan_days": null, "stock": null, "price": null, "approval": "auto", "pickup": null,
            "photos": [], "status": "listed", "version": 1,
        });
        for (field, value) in defaults.as_object().unwrap() {
            assert_eq!(&item[field], value, "{field}");
        }
        assert_eq!(item["created_at"], item["updated_at"]);
    })
    .await;
}

#[tokio::test]
async fn a_thing_for_sale_has_a_stock_and_a_price_instead_of_units() {
    on_both(async |inventory| {
        let category = inventory.category("Books").await;
        let ada = inventory.member("ada");
        let price = json!({ "amount_minor": 0, "currency": "EUR" });
        let gift = json!({ "name": "Novel", "category": category, "offer": "sell", "stock": 3, "price": price });
        let sold = ada.offers(&gift).await;
        assert_eq!((&sold.json()["stock"], &sold.json()["units"]), (&json!(3), &json!(null)));
        assert_eq!(sold.json()["price"], price);

        let no_price = json!({ "name": "Novel", "category": category, "offer": "sell", "units": 1 });
        let answer = ada.client.post("/api/v1/items", &no_price).await.expect(422);
        assert_eq!(refused(&answer), ["/units", "/stock", "/price"]);
        let lent = json!({ "offer": "lend", "stock": null, "price": null, "units": 2 });
        let lent = ada.client.patch(&address(&sold), "\"1\"", &lent).await.expect(200);
        assert_eq!((&lent.json()["stock"], &lent.json()["units"]), (&json!(null), &json!(2)));
    })
    .await;
}

#[tokio::test]
async fn a_draft_is_there_for_its_owner_and_administrators_only() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let (ada, bob, admin) = (inventory.member("ada"), inventory.member("bob"), inventory.admin());
        let draft = ada.offers(&json!({ "name": "Secret", "category": category, "status": "draft" })).await;
        let address = address(&draft);
        for stranger in [inventory.anonymous(), inventory.anonymous().with_token("nobody"), bob.client.clone()] {
            assert_eq!(stranger.get(&address).await.expect(404).problem(), "not_found");
        }
        bob.client.patch(&address, "\"1\"", &json!({ "name": "Mine" })).await.expect(404);
        for reader in [&ada.client, &admin.client] {
            let read = reader.get(&address).await.expect(200);
            assert_eq!(read.header("cache-control"), Some("private, no-store"));
            assert_eq!(read.header("cache-groups"), None);
        }
        assert_eq!(inventory.names("").await, Vec::<String>::new());

        ada.client.patch(&address, "\"1\"", &json!({ "status": "listed" })).await.expect(200);
        inventory.anonymous().get(&address).await.expect(200);
        assert_eq!(inventory.names("").await, ["Secret"]);
        ada.client.patch(&address, "\"2\"", &json!({ "status": "paused" })).await.expect(200);
        inventory.anonymous().get(&address).await.expect(200);
        assert_eq!(inventory.names("").await, Vec::<String>::new(), "a paused item is not in lists");
    })
    .await;
}

#[tokio::test]
async fn owners_list_what_they_offer_whatever_others_see() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let (ada, bob) = (inventory.member("ada"), inventory.member("bob"));
        for status in ["draft", "listed", "paused"] {
            ada.offers(&json!({ "name": status, "category": category, "status": status })).await;
        }
        let retired = ada.offers(&json!({ "name": "retired", "category": category })).await;
        ada.client.delete(&address(&retired), "\"1\"").await.expect(204);
        bob.offers(&json!({ "name": "other", "category": category })).await;

        let mine = ada.client.get("/api/v1/users/me/items?limit=2").await.expect(200);
        assert_eq!(mine.header("cache-control"), Some("private, no-store"));
        let names = |page: &serde_json::Value| -> Vec<String> {
            page["items"].as_array().unwrap().iter().map(|item| text(&item["name"])).collect()
        };
        assert_eq!(names(&mine.json()), ["paused", "listed"]);
        let cursor = text(&mine.json()["next"]);
        let rest = ada.client.get(&format!("/api/v1/users/me/items?cursor={cursor}")).await.expect(200).json();
        assert_eq!((names(&rest), &rest["next"]), (vec!["draft".to_owned()], &json!(null)));
        let stolen = bob.client.get(&format!("/api/v1/users/me/items?cursor={cursor}")).await.expect(400);
        assert_eq!(stolen.problem(), "invalid_cursor");
        inventory.anonymous().get("/api/v1/users/me/items").await.expect(401);
    })
    .await;
}

#[tokio::test]
async fn every_bad_field_of_an_item_is_named_at_once() {
    on_both(async |inventory| {
        let ada = inventory.member("ada");
        let bad = json!({
            "name": "\u{202e}drill", "category": "nowhere", "description": "a\u{0}b", "tags": ["", "x".repeat(41)],
            "units": 0, "daily_price": { "amount_minor": -1, "currency": "ZZZ" }, "max_loan_days": 367,
            "pickup": { "label": "", "lat": 91, "lon": -181, "time_zone": "Mars" }, "status": "retired",
        });
        let answer = ada.client.post("/api/v1/items", &bad).await.expect(422);
        let expected = [
            "/name",
            "/category",
            "/description",
            "/tags/0",
            "/tags/1",
            "/units",
            "/max_loan_days",
            "/daily_price/amount_minor",
            "/daily_price/currency",
            "/pickup/label",
            "/pickup/lat",
            "/pickup/lon",
            "/pickup/time_zone",
            "/status",
        ];
        assert_eq!(refused(&answer), expected);
        let mine = ada.client.get("/api/v1/users/me/items").await.expect(200);
        assert_eq!(mine.json()["items"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn answers_say_what_caches_may_keep_and_what_a_write_makes_stale() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let ada = inventory.member("ada");
        let created = ada.offers(&json!({ "name": "Saw", "category": category })).await;
        let address = address(&created);
        let groups = format!("\"items\", \"item:{}\"", text(&created.json()["id"]));
        let patched = ada.client.patch(&address, "\"1\"", &json!({ "units": 2 })).await.expect(200);
        let item = inventory.anonymous().get(&address).await.expect(200);
        let list = inventory.anonymous().get("/api/v1/items").await.expect(200);
        let retired = ada.client.delete(&address, "\"2\"").await.expect(204);
        let counted = format!("{groups}, \"categories\"");
        for (write, stale) in [(&created, &counted), (&patched, &groups), (&retired, &counted)] {
            assert_eq!(write.header("cache-group-invalidation"), Some(&**stale));
            assert_eq!(write.header("cache-control"), Some("no-store"));
        }
        assert_eq!(item.header("cache-groups"), Some(&*groups));
        assert_eq!(item.etag(), "\"2\"");
        assert!(item.header("last-modified").unwrap().ends_with(" GMT"));
        assert_eq!(list.header("cache-groups"), Some("\"items\""));
        for public in [&item, &list] {
            assert_eq!(public.header("cache-control"), Some("public, no-cache"));
            assert!(public.header("cdn-cache-control").unwrap().starts_with("max-age=60"));
        }
    })
    .await;
}
