//! A data directory is copied while it is in use, and is itself again elsewhere.

use std::path::Path;
use std::process::Output;

use serde_json::json;
use test_kit::http::Client;

use crate::platform::{Platform, command};
use crate::programs::text;

#[tokio::test]
async fn a_backup_of_a_running_lendery_is_all_of_it_and_damage_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let [data, copy, again] = ["data", "copy", "again"].map(|name| directory.path().join(name));
    let platform = Platform::up_with(&data, &["--demo"]).await;
    assert!(platform.command(&["etl", "run"]).await.status.success());
    let events = platform.count("select count(*) from fact_item_event").await;
    let made = platform.command(&["backup", "create", "--to", copy.to_str().unwrap()]).await;
    assert!(made.status.success(), "{}", text(&made.stderr));
    let items = platform.web.get("/api/v1/items?limit=100").await.expect(200).json()["items"].clone();
    // What comes after it is not in it.
    let ada = as_ada(&platform).await;
    let late = json!({ "name": "Late", "category": items[0]["category"] });
    ada.post("/api/v1/items", &late).await.expect(201);
    assert!(platform.stop().await);

    refused(&command(&data, &["backup", "create", "--to", copy.to_str().unwrap()]).await, "not empty");
    refused(&backup(&data, "restore", &copy).await, "not empty");
    let whole = backup(&data, "verify", &copy).await;
    assert!(text(&whole.stdout).contains("is whole"), "{}", text(&whole.stderr));

    let restored = backup(&again, "restore", &copy).await;
    assert!(restored.status.success(), "{}", text(&restored.stderr));
    let platform = Platform::up(&again).await;
    assert_eq!(platform.web.get("/api/v1/items?limit=100").await.expect(200).json()["items"], items);
    as_ada(&platform).await;
    assert_eq!(platform.count("select count(*) from fact_item_event").await, events);
    assert!(platform.stop().await);

    let file = copy.join("databases/inventory.db");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[5_000] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    refused(&backup(&data, "verify", &copy).await, "databases/inventory.db");
    let untouched = directory.path().join("untouched");
    refused(&backup(&untouched, "restore", &copy).await, "databases/inventory.db");
    assert!(!untouched.exists());
}

/// One of the demo's members.
async fn as_ada(platform: &Platform) -> Client {
    let login = json!({ "email": "ada@example.org", "password": "ladder-and-lathe" });
    let tokens = platform.web.post("/api/v1/auth/login", &login).await.expect(200).json();
    platform.web.with_token(tokens["access_token"].as_str().unwrap())
}

async fn backup(data: &Path, what: &str, from: &Path) -> Output {
    command(data, &["backup", what, "--from", from.to_str().unwrap()]).await
}

fn refused(output: &Output, word: &str) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(word) && said.lines().count() == 1, "{said}");
}
