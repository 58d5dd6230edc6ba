//! Small files are put together and old ones removed, and nobody sees a difference but in speed.

use std::fs::File;
use std::time::SystemTime;

use chrono::TimeDelta;
use etl::{Config, EtlError, LoadKind, Warehouse};
use serde_json::json;
use test_kit::{Engine, on_every_database};
use url::Url;

use crate::support::{House, did, of};

const ALL: &str = "SELECT id, op, change_seq, version, updated_at FROM raw_users ORDER BY load, change_seq, id";

fn parquet_files(house: &House, table: &str) -> usize {
    let folder = house.config.warehouse.join(table);
    let files = house
        .files()
        .into_iter()
        .filter(|file| file.starts_with(&folder) && !file.starts_with(folder.join("_delta_log")));
    files.filter(|file| file.extension().is_some_and(|kind| kind == "parquet")).count()
}

#[tokio::test]
async fn maintenance_changes_no_row_and_runs_go_on_after_it() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        for user in 1..=5 {
            house.sources.add_user(user).await;
            house.run_until("SELECT count(DISTINCT id) FROM raw_users", json!(user)).await;
        }
        // What a killed run leaves behind.
        std::fs::write(house.config.warehouse.join("raw_users/part-left-behind.parquet"), "half a file").unwrap();
        let begun = house.config.warehouse.join("raw_users/part-begun.parquet#1");
        let two_days_ago = SystemTime::from(house.clock.now() - TimeDelta::days(2));
        File::create(&begun).unwrap().set_modified(two_days_ago).unwrap();
        let (before, files) = (house.rows(ALL).await, parquet_files(&house, "raw_users"));
        assert!(files > 5, "{files}");
        let config = Config { kept_days: 0, ..house.config.clone() };
        let tidy = Warehouse::open(&config, house.clock.clone()).await.unwrap();
        tidy.maintain().await.unwrap();
        assert_eq!(house.rows(ALL).await, before);
        assert_eq!(parquet_files(&house, "raw_users"), 1);
        assert_eq!(parquet_files(&house, "etl_batch"), 1);
        assert!(!begun.exists(), "what the store for local files hides");
        let report = house.run().await;
        assert_eq!(did(&report, "raw_users").0, LoadKind::Unchanged, "the watermark is what it was");
        house.sources.add_user(6).await;
        house.run_until("SELECT count(*) FROM dim_user WHERE user_key <> '-1'", json!(6)).await;
    })
    .await;
}

/// Whoever reads at the versions of a batch has as many days to do so as files are kept.
#[tokio::test]
async fn versions_that_are_young_enough_keep_their_files() {
    let house = House::on_engine(Engine::Sqlite).await;
    let mut versions = Vec::new();
    for user in 1..=3 {
        house.sources.add_user(user).await;
        versions.push(of(&house.run().await, "raw_users").version);
    }
    let is_whole = async |version: u64| {
        let url = Url::from_directory_path(house.config.warehouse.join("raw_users")).unwrap();
        let files = match deltalake::open_table_with_version(url, version).await {
            Ok(table) => table.get_file_uris().unwrap().collect::<Vec<_>>(),
            Err(_) => return false,
        };
        files.iter().all(|file| Url::parse(file).map_or(file.into(), |url| url.to_file_path().unwrap()).exists())
    };
    house.warehouse.maintain().await.unwrap();
    for version in &versions {
        assert!(is_whole(*version).await, "{version}");
    }
    let config = Config { kept_days: 0, ..house.config.clone() };
    Warehouse::open(&config, house.clock.clone()).await.unwrap().maintain().await.unwrap();
    assert!(!is_whole(versions[0]).await, "their time is up, so this can fail");
}

#[tokio::test]
async fn a_run_puts_together_what_many_runs_have_scattered() {
    let house = House::on_engine(Engine::Sqlite).await;
    for user in 1..=40 {
        house.sources.add_user(user).await;
        house.run().await;
    }
    assert_eq!(house.value("SELECT count(*) FROM raw_users").await, json!(40));
    let sql = "SELECT max(version) FROM etl_batch WHERE table_name = 'raw_users'";
    assert!(house.value(sql).await.as_i64().unwrap() > 40, "there was a version more than runs");
}

#[tokio::test]
async fn maintenance_of_a_folder_that_cannot_be_used_keeps_no_run_waiting() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.run().await;
    let away = house.folder().join("away");
    std::fs::rename(&house.config.warehouse, &away).unwrap();
    std::fs::write(&house.config.warehouse, "no folder").unwrap();
    assert!(matches!(house.warehouse.maintain().await, Err(EtlError::Folder { .. })));
    std::fs::remove_file(&house.config.warehouse).unwrap();
    std::fs::rename(away, &house.config.warehouse).unwrap();
    // The clock stands still: a lease that was kept would not end.
    house.warehouse.run_once(&|_| {}).await.unwrap();
}

#[tokio::test]
async fn an_empty_warehouse_has_nothing_to_maintain() {
    let house = House::on_engine(Engine::Sqlite).await;
    assert!(matches!(house.warehouse.maintain().await, Err(EtlError::Empty)));
}
