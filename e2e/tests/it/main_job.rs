//! The main job, from an empty folder to a warehouse, on a real catalogue.

use std::path::Path;

use serde_json::{Value, json};
use test_kit::http::{Answer, Client};

use crate::catalogue::{Catalogue, catalogue};
use crate::member::{Member, join, register, sign_in, thing};
use crate::platform::Platform;
use crate::programs::text;

const LIBRARIAN: &str = "librarian@example.org";

#[tokio::test]
async fn from_an_empty_folder_to_a_warehouse_that_equals_the_services() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let catalogue = catalogue(directory.path());
    let platform = Platform::up(&data_dir).await;

    import(&platform, &catalogue).await;
    anyone_browses(&platform.web, &catalogue).await;
    let visitor = join(&platform.web, "visitor@example.org").await;
    let retired = a_member_offers_changes_and_retires(&platform.web, &visitor).await;
    let elsewhere = Platform::up(&directory.path().join("elsewhere")).await;
    let foreign = join(&elsewhere.web, "visitor@example.org").await.access_token;
    writes_without_a_good_token_change_nothing(&platform.web, &visitor, foreign).await;
    let total = i64::try_from(catalogue.names.len()).unwrap() + 2;
    the_warehouse_holds_what_the_services_hold(&platform, &catalogue, total).await;
    a_second_run_copies_only_the_changes(&platform, &visitor).await;
    let platform = everything_survives_a_kill(platform, &data_dir, &catalogue, &retired).await;
    assert!(platform.stop().await);
}

async fn import(platform: &Platform, catalogue: &Catalogue) {
    let file = catalogue.file.to_str().unwrap();
    let stranger = platform.command(&["import", "items", file, "--owner", LIBRARIAN]).await;
    assert!(!stranger.status.success());
    assert!(text(&stranger.stderr).contains("nobody is registered"), "{}", text(&stranger.stderr));

    register(&platform.web, LIBRARIAN).await;
    // Cached before the import, so that the import has something to make stale.
    platform.web.get("/api/v1/items").await.expect(200);
    let rehearsal = platform.command(&["import", "items", file, "--owner", LIBRARIAN, "--dry-run"]).await;
    assert!(rehearsal.status.success(), "{}", text(&rehearsal.stderr));
    assert_eq!(platform.web.get("/api/v1/items").await.json()["items"], json!([]));

    let rows = catalogue.names.len();
    let done = platform.command(&["import", "items", file, "--owner", LIBRARIAN]).await;
    assert!(text(&done.stdout).contains(&format!("{rows} rows: {rows} items were created")), "{}", text(&done.stdout));
    let again = platform.command(&["import", "items", file, "--owner", LIBRARIAN]).await;
    assert!(text(&again.stdout).contains(&format!("0 changed, {rows} left as they are")), "{}", text(&again.stdout));
}

async fn anyone_browses(web: &Client, catalogue: &Catalogue) {
    let mut names = walk(web, "/api/v1/items?limit=7&sort=name").await;
    assert_eq!(names.len(), catalogue.names.len(), "every thing is on exactly one page");
    names.sort();
    let mut wanted = catalogue.names.clone();
    wanted.sort();
    assert_eq!(names, wanted);

    let categories = web.get("/api/v1/categories").await.expect(200).json();
    assert_eq!(categories["items"].as_array().unwrap().len(), catalogue.categories);

    let found = web.get("/api/v1/items?q=drill&limit=100").await.expect(200).json();
    let found = found["items"].as_array().unwrap();
    assert!(!found.is_empty());
    assert!(found.len() < catalogue.names.len());

    let path = "/api/v1/items?q=saw";
    web.get(path).await.expect(200);
    let second = web.get(path).await.expect(200);
    assert!(second.header("cache-status").unwrap().contains("hit"), "{:?}", second.header("cache-status"));
    assert!(second.header("age").is_some());
    let known = web.request(reqwest::Method::GET, path).header("if-none-match", second.etag());
    test_kit::http::send(known).await.expect(304);
}

/// Follows a list to its end and gives the names on it.
async fn walk(web: &Client, first: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut path = first.to_owned();
    loop {
        let page = web.get(&path).await.expect(200).json();
        let items = page["items"].as_array().unwrap();
        names.extend(items.iter().map(|item| item["name"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(cursor) => path = format!("{first}&cursor={cursor}"),
            None => return names,
        }
    }
}

/// Returns the path of the item that was retired.
async fn a_member_offers_changes_and_retires(web: &Client, visitor: &Member) -> String {
    let category = a_category(web).await;
    let created = visitor.client.post("/api/v1/items", &thing("Unicycle", &category)).await.expect(201);
    let path = created.header("location").unwrap().to_owned();
    assert_eq!(created.json()["owner_id"], visitor.id);
    assert_eq!(found_in_list(web, "Unicycle").await, 1, "an acknowledged write is in the next list");

    let change = json!({ "daily_price": { "amount_minor": 250, "currency": "EUR" } });
    web.get(&path).await.expect(200);
    let changed = visitor.client.patch(&path, &created.etag(), &change).await.expect(200);
    assert_eq!(web.get(&path).await.json()["daily_price"]["amount_minor"], 250);
    assert_eq!(visitor.client.patch(&path, &created.etag(), &change).await.expect(412).problem(), "stale_version");

    visitor.client.delete(&path, &changed.etag()).await.expect(204);
    assert_eq!(web.get(&path).await.expect(410).problem(), "gone");
    assert_eq!(found_in_list(web, "Unicycle").await, 0);
    path
}

async fn a_category(web: &Client) -> String {
    web.get("/api/v1/categories").await.json()["items"][0]["slug"].as_str().unwrap().to_owned()
}

async fn found_in_list(web: &Client, name: &str) -> usize {
    let list = web.get(&format!("/api/v1/items?q={name}")).await.expect(200).json();
    list["items"].as_array().unwrap().iter().filter(|item| item["name"] == name).count()
}

async fn writes_without_a_good_token_change_nothing(web: &Client, visitor: &Member, foreign: String) {
    let category = a_category(web).await;
    let created = visitor.client.post("/api/v1/items", &thing("Stilts", &category)).await.expect(201);
    let (path, etag) = (created.header("location").unwrap().to_owned(), created.etag());
    let before = web.get(&path).await.expect(200).json();

    let other = join(web, "other@example.org").await;
    let left = sign_in(web, "visitor@example.org").await;
    left.client.post("/api/v1/auth/logout", &json!({})).await.expect(204);
    let strangers: [(&str, Client, u16); 6] = [
        ("nobody", web.clone(), 401),
        ("a token of another Lendery", web.with_token(foreign), 401),
        ("a made-up token", web.with_token("abc.def.ghi"), 401),
        ("a refresh token", web.with_token(visitor.refresh_token.clone()), 401),
        ("a revoked token", left.client, 401),
        ("another member", other.client, 403),
    ];
    for (who, client, status) in strangers {
        let answers: Vec<Answer> = vec![
            client.put(&path, &etag, &thing("Mine now", &category)).await,
            client.patch(&path, &etag, &json!({ "name": "Mine now" })).await,
            client.delete(&path, &etag).await,
        ];
        for answer in answers {
            assert_eq!(answer.status, status, "{who}: {}", answer.json());
        }
        if status == 401 {
            client.post("/api/v1/items", &thing("Smuggled", &category)).await.expect(401);
        }
    }
    assert_eq!(web.get(&path).await.expect(200).json(), before);
    assert_eq!(found_in_list(web, "Smuggled").await, 0);
}

async fn the_warehouse_holds_what_the_services_hold(platform: &Platform, catalogue: &Catalogue, items: i64) {
    let run = platform.command(&["etl", "run"]).await;
    assert!(run.status.success() && text(&run.stderr).is_empty(), "{}", text(&run.stderr));
    // The librarian, the visitor and the other member.
    assert_eq!(platform.count("select count(*) from dim_user where is_current and user_key <> '-1'").await, 3);
    assert_eq!(platform.count("select count(*) from dim_item where is_current and item_key <> '-1'").await, items);
    let categories = platform.count("select count(*) from dim_category where category_key <> '-1'").await;
    assert_eq!(categories, i64::try_from(catalogue.categories).unwrap());
    let retired = "select count(*) from dim_item where is_current and status = 'retired'";
    assert_eq!(platform.count(retired).await, 1);
    assert!(platform.count("select count(*) from fact_item_event").await >= items);
}

async fn a_second_run_copies_only_the_changes(platform: &Platform, visitor: &Member) {
    let before = platform.count("select count(*) from raw_items").await;
    let list = visitor.client.get("/api/v1/users/me/items").await.expect(200).json();
    let stilts = list["items"].as_array().unwrap().iter().find(|item| item["name"] == "Stilts").unwrap();
    let path = format!("/api/v1/items/{}", stilts["id"].as_str().unwrap());
    let etag = format!("\"{}\"", stilts["version"]);
    visitor.client.patch(&path, &etag, &json!({ "units": 3 })).await.expect(200);
    platform.command(&["etl", "run"]).await;
    assert_eq!(platform.count("select count(*) from raw_items").await, before + 1, "one change, one row");
    platform.command(&["etl", "run"]).await;
    assert_eq!(platform.count("select count(*) from raw_items").await, before + 1, "no change, no row");
    let status = platform.command(&["etl", "status"]).await;
    assert!(text(&status.stdout).contains("raw_items") || text(&status.stdout).contains("items"));
}

async fn everything_survives_a_kill(
    platform: Platform,
    data_dir: &Path,
    catalogue: &Catalogue,
    retired: &str,
) -> Platform {
    let items: Value = platform.web.get("/api/v1/items?limit=100").await.json();
    let raw = platform.count("select count(*) from raw_items").await;
    platform.kill();
    let platform = Platform::up(data_dir).await;
    assert_eq!(platform.web.get("/api/v1/items?limit=100").await.json(), items);
    assert_eq!(walk(&platform.web, "/api/v1/items?limit=50").await.len(), catalogue.names.len() + 1);
    platform.web.get(retired).await.expect(410);
    sign_in(&platform.web, "visitor@example.org").await;
    assert_eq!(platform.count("select count(*) from raw_items").await, raw);
    platform
}
