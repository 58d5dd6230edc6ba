use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use tokio::task::JoinSet;

use crate::inventory::{address, on_both};

#[tokio::test]
async fn of_changes_to_one_version_exactly_one_is_made() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let ada = inventory.member("ada");
        let address: Arc<str> = address(&ada.offers(&json!({ "name": "Saw", "category": category })).await).into();
        let mut changes = JoinSet::new();
        for number in 0..20 {
            let (client, address) = (ada.client.clone(), address.clone());
            let change = json!({ "name": format!("Saw {number}") });
            changes.spawn(async move { client.patch(&address, "\"1\"", &change).await });
        }
        let answers = changes.join_all().await;
        let made: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(made.len(), 1);
        assert_eq!(answers.iter().filter(|answer| answer.status == 412).count(), 19);
        let read = inventory.anonymous().get(&address).await.expect(200);
        assert_eq!(read.json(), made[0].json());
    })
    .await;
}

#[tokio::test]
async fn changes_that_follow_each_other_are_all_made() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let ada = inventory.member("ada");
        let address: Arc<str> = address(&ada.offers(&json!({ "name": "Saw", "category": category })).await).into();
        let mut writers = JoinSet::new();
        for number in 0..8 {
            let (client, address) = (ada.client.clone(), address.clone());
            writers.spawn(async move {
                // Reads, adds its own tag to those there, and begins again when somebody was quicker.
                loop {
                    let read = client.get(&address).await.expect(200);
                    let mut tags = read.json()["tags"].clone();
                    tags.as_array_mut().unwrap().push(json!(format!("tag {number}")));
                    let written = client.patch(&address, &read.etag(), &json!({ "tags": tags })).await;
                    if written.status == 200 {
                        break;
                    }
                    assert_eq!(written.problem(), "stale_version");
                }
            });
        }
        writers.join_all().await;
        let item = inventory.anonymous().get(&address).await.expect(200).json();
        assert_eq!((item["tags"].as_array().unwrap().len(), &item["version"]), (8, &json!(9)));
    })
    .await;
}

#[tokio::test]
async fn a_stale_change_is_told_the_current_version() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let ada = inventory.member("ada");
        let address = address(&ada.offers(&json!({ "name": "Saw", "category": category })).await);
        ada.client.patch(&address, "\"1\"", &json!({ "units": 2 })).await.expect(200);
        for stale in ["\"1\"", "W/\"2\"", "2"] {
            let answer = ada.client.patch(&address, stale, &json!({ "units": 3 })).await.expect(412);
            assert_eq!((answer.problem(), answer.etag()), ("stale_version".to_owned(), "\"2\"".to_owned()));
        }
        ada.client.patch(&address, "*", &json!({ "units": 3 })).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn no_reader_sees_parts_of_two_versions() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let ada = inventory.member("ada");
        let item = json!({ "name": "Saw 0", "category": category, "tags": ["Saw 0"] });
        let address: Arc<str> = address(&ada.offers(&item).await).into();
        let done = Arc::new(AtomicBool::new(false));
        let mut readers = JoinSet::new();
        for path in [address.to_string(), "/api/v1/items".to_owned()] {
            let (client, done) = (inventory.anonymous(), done.clone());
            readers.spawn(async move {
                while !done.load(Ordering::Relaxed) {
                    let read = client.get(&path).await.expect(200).json();
                    let item = if read["items"].is_array() { &read["items"][0] } else { &read };
                    assert_eq!(item["tags"], json!([item["name"]]), "{path}");
                }
            });
        }
        for number in 1..60 {
            let name = format!("Saw {number}");
            let change = json!({ "name": name, "tags": [name] });
            ada.client.patch(&address, "*", &change).await.expect(200);
        }
        done.store(true, Ordering::Relaxed);
        readers.join_all().await;
    })
    .await;
}
