//! What every public answer says to caches, and what every write makes stale.

use std::collections::BTreeSet;

use image::ImageFormat;
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::{Answer, Client, send};

use crate::inventory::{Inventory, address, on_both, on_both_at_noon, text};
use crate::photos::picture;

/// The ids of the operations of the document for which `applies` holds, by method, path and security.
fn operations(applies: impl Fn(&str, &str, &Value) -> bool) -> BTreeSet<String> {
    let document = serde_json::to_value(inventory_service::openapi()).unwrap();
    let mut found = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if applies(method, path, &operation["security"]) {
                found.insert(text(&operation["operationId"]));
            }
        }
    }
    found
}

fn is_public(method: &str, security: &Value) -> bool {
    method == "get" && security.as_array().unwrap().contains(&json!({}))
}

async fn item(inventory: &Inventory) -> String {
    address(&inventory.member("ada").offers(&json!({ "name": "Saw", "category": "tools" })).await)
}

async fn photo(client: &Client, item: &str) -> Answer {
    let request = client.request(Method::POST, &format!("{item}/photos")).header("content-type", "image/jpeg");
    send(request.body(picture(8, 8, ImageFormat::Jpeg))).await.expect(201)
}

#[tokio::test]
async fn every_public_answer_says_how_long_it_is_fresh_and_what_makes_it_stale() {
    on_both_at_noon(async |inventory, _| {
        inventory.category("Tools").await;
        let item = item(inventory).await;
        let id = item.rsplit('/').next().unwrap();
        let photo = photo(&inventory.member("ada").client, &item).await.json();
        let of_photo = format!("\"photo:{}\"", text(&photo["id"]));
        let days = format!("{item}/availability");
        let kept = |seconds: u32| format!("max-age={seconds}, stale-while-revalidate=10, stale-if-error=86400");
        let asked = |seconds| ("public, no-cache", Some(kept(seconds)));
        let for_good = ("public, max-age=31536000, immutable", None);
        let table = [
            ("list_items", "/api/v1/items".to_owned(), "\"items\"".to_owned(), asked(60)),
            ("get_item", item.clone(), format!("\"items\", \"item:{id}\""), asked(60)),
            ("item_availability", days, format!("\"item:{id}\", \"availability\""), asked(5)),
            ("list_categories", "/api/v1/categories".to_owned(), "\"categories\"".to_owned(), asked(60)),
            ("get_category", "/api/v1/categories/tools".to_owned(), "\"categories\"".to_owned(), asked(60)),
            ("show_photo", text(&photo["url"]), of_photo.clone(), for_good.clone()),
            ("show_thumbnail", text(&photo["thumbnail_url"]), of_photo, for_good),
        ];
        for (operation, path, groups, (browsers, gateway)) in &table {
            let answer = inventory.anonymous().get(path).await.expect(200);
            assert_eq!(answer.header("cache-groups"), Some(&**groups), "{operation}");
            assert_eq!(answer.header("cache-control"), Some(*browsers), "{operation}");
            assert_eq!(answer.header("cdn-cache-control"), gateway.as_deref(), "{operation}");
            assert!(answer.header("last-modified").unwrap().ends_with(" GMT"), "{operation}");
            let again = inventory.anonymous().request(Method::GET, path).header("if-none-match", answer.etag());
            send(again).await.expect(304);
        }
        let free = "/api/v1/items?available_from=2027-04-01&available_to=2027-04-02";
        let free = inventory.anonymous().get(free).await.expect(200);
        assert_eq!(free.header("cdn-cache-control"), Some(&*kept(5)), "who reserves does not pass the gateway");
        let listed: BTreeSet<_> = table.iter().map(|(operation, ..)| (*operation).to_owned()).collect();
        assert_eq!(listed, operations(|method, _, security| is_public(method, security)), "one is not in the table");
    })
    .await;
}

#[tokio::test]
async fn every_write_names_all_that_it_makes_stale() {
    on_both(async |inventory| {
        inventory.category("Tools").await;
        inventory.category("Garden").await;
        let (ada, admin) = (inventory.member("ada").client, inventory.admin().client);
        let item = item(inventory).await;
        let id = item.rsplit('/').next().unwrap();
        let of_item = format!("\"items\", \"item:{id}\"");
        let counted = format!("{of_item}, \"categories\"");
        let (tree, both) = ("\"categories\", \"items\"".to_owned(), "\"items\", \"categories\"".to_owned());
        let mut written: Vec<(&str, Answer, String)> = Vec::new();

        let axe = json!({ "name": "Axe", "category": "tools" });
        let made = ada.post("/api/v1/items", &axe).await.expect(201);
        let of_axe = format!("\"items\", \"item:{}\", \"categories\"", text(&made.json()["id"]));
        written.push(("create_item", made, of_axe));
        let batch = ada.post("/api/v1/items/batch", &json!({ "items": [axe] })).await.expect(207);
        written.push(("create_items", batch, both.clone()));
        let replaced = json!({ "name": "Saw", "category": "garden", "units": 2 });
        written.push(("replace_item", ada.put(&item, "*", &replaced).await.expect(200), counted.clone()));
        let renamed = ada.patch(&item, "*", &json!({ "name": "Hand saw" })).await.expect(200);
        written.push(("update_item", renamed, of_item.clone()));
        let paused = ada.patch(&item, "*", &json!({ "status": "paused" })).await.expect(200);
        written.push(("update_item", paused, counted.clone()));

        let unit = ada.post(&format!("{item}/units"), &json!({})).await.expect(201);
        let of_unit = format!("{item}/units/{}", text(&unit.json()["id"]));
        written.push(("add_unit", unit, of_item.clone()));
        let broken = ada.patch(&of_unit, "*", &json!({ "out_of_service": true })).await.expect(200);
        written.push(("change_unit", broken, of_item.clone()));
        written.push(("remove_unit", ada.delete(&of_unit, "*").await.expect(204), of_item.clone()));

        let added = photo(&ada, &item).await;
        let photo_id = text(&added.json()["id"]);
        written.push(("add_photo", added, of_item.clone()));
        let order = json!({ "photos": [{ "id": photo_id, "alt": "A saw" }] });
        let arranged = ada.put(&format!("{item}/photos"), "*", &order).await.expect(200);
        written.push(("arrange_photos", arranged, of_item.clone()));
        let removed = ada.delete(&format!("{item}/photos/{photo_id}"), "*").await.expect(204);
        written.push(("remove_photo", removed, format!("{of_item}, \"photo:{photo_id}\"")));

        let toys = admin.post("/api/v1/categories", &json!({ "name": "Toys" })).await.expect(201);
        written.push(("create_category", toys, tree.clone()));
        let games = admin.put("/api/v1/categories/toys", "*", &json!({ "name": "Games" })).await.expect(200);
        written.push(("replace_category", games, tree.clone()));
        written.push(("delete_category", admin.delete("/api/v1/categories/toys", "*").await.expect(204), tree));
        let file = inventory.import(&inventory.member("bob"), "", "name,category\nRake,Garden\n").await.expect(200);
        written.push(("import_items", file, format!("{both}, \"availability\"")));
        // Nobody counts what is paused, so that it goes is no news to the categories.
        written.push(("retire_item", ada.delete(&item, "*").await.expect(204), of_item));

        for (operation, answer, stale) in &written {
            assert_eq!(answer.header("cache-group-invalidation"), Some(&**stale), "{operation}");
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{operation}");
        }
        let listed: BTreeSet<_> = written.iter().map(|(operation, ..)| (*operation).to_owned()).collect();
        let writes = operations(|method, path, _| method != "get" && !path.contains("/reservations"));
        assert_eq!(listed, writes, "one is not in the table");
    })
    .await;
}
