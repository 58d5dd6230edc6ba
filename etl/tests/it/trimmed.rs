//! Changes that a service has removed: they were read long ago, or the table is read whole.

use chrono::{DateTime, TimeDelta};
use etl::LoadKind;
use serde_json::json;
use service_kit::db::change_capture::trim;
use service_kit::db::{DatabaseSettings, Db};
use test_kit::{TestDatabase, on_every_database};

use crate::source::Migrations;
use crate::support::{House, did};

/// A house with a category and three members, who were there on day 0.
async fn peopled(database: TestDatabase) -> House {
    let house = House::on(database).await;
    day(&house, 0).await;
    house.sources.add_category(10, "tools", None).await;
    for user in 1..=3 {
        house.sources.add_user(user).await;
    }
    house.run().await;
    house
}

/// What the service does on this day; how many rows it removes.
async fn day(house: &House, number: i64) -> u64 {
    let settings = DatabaseSettings { url: house.sources.url.clone(), max_connections: 3 };
    let db = Db::open::<Migrations>(&settings).await.unwrap();
    let removed = trim(&db, DateTime::UNIX_EPOCH + TimeDelta::days(number)).await.unwrap();
    db.close().await.unwrap();
    removed
}

/// As many changes as are kept of the old ones.
async fn much_happens(house: &House) {
    for _ in 0..100 {
        house.sources.run("UPDATE categories SET version = version + 1").await;
    }
}

#[tokio::test]
async fn changes_that_were_read_long_ago_are_missed_by_nobody() {
    on_every_database(async |database| {
        let house = peopled(database).await;
        day(&house, 1).await;
        much_happens(&house).await;
        day(&house, 2).await;
        house.sources.set_user(1, "role = 'operator'", 1).await;
        house.run().await;
        // Two marks, a category and three members.
        assert_eq!(day(&house, 32).await, 6);
        assert_eq!(did(&house.run().await, "raw_users").0, LoadKind::Unchanged);
        house.sources.set_user(2, "role = 'operator'", 2).await;
        assert_eq!(did(&house.run().await, "raw_users"), (LoadKind::Changes, 1, 0));
        house.equals_its_sources().await;
    })
    .await;
}

#[tokio::test]
async fn a_source_in_which_nothing_happened_for_long_is_not_read_again() {
    on_every_database(async |database| {
        let house = peopled(database).await;
        for number in 1..=70 {
            day(&house, number).await;
        }
        assert_eq!(did(&house.run().await, "raw_users").0, LoadKind::Unchanged);
        house.sources.set_user(1, "role = 'operator'", 1).await;
        assert_eq!(did(&house.run().await, "raw_users"), (LoadKind::Changes, 1, 0));
    })
    .await;
}

#[tokio::test]
async fn the_first_mark_makes_nobody_read_again() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_user(1).await;
        house.run().await;
        house.sources.set_user(1, "role = 'operator'", 1).await;
        day(&house, 0).await;
        assert_eq!(did(&house.run().await, "raw_users"), (LoadKind::Changes, 1, 0));
    })
    .await;
}

#[tokio::test]
async fn a_warehouse_that_did_not_read_for_longer_reads_whole() {
    on_every_database(async |database| {
        let house = peopled(database).await;
        house.sources.run(&format!("DELETE FROM users WHERE id = {}", house.sources.id(1))).await;
        house.sources.set_user(2, "role = 'operator'", 1).await;
        day(&house, 1).await;
        much_happens(&house).await;
        day(&house, 2).await;
        house.sources.set_user(3, "role = 'operator'", 2).await;
        assert_eq!(day(&house, 32).await, 8);
        assert_eq!(did(&house.run().await, "raw_users"), (LoadKind::Reload, 2, 1));
        assert_eq!(house.value("SELECT count(*) FROM raw_users WHERE op = 'D'").await, json!(1));
        house.equals_its_sources().await;
    })
    .await;
}

/// Before the first change there is none by which the warehouse would know the source again.
#[tokio::test]
async fn what_happened_first_is_not_missed_either() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.run().await;
        house.sources.add_user(1).await;
        house.sources.add_user(2).await;
        house.sources.add_category(10, "tools", None).await;
        day(&house, 1).await;
        much_happens(&house).await;
        day(&house, 2).await;
        assert_eq!(day(&house, 32).await, 4);
        assert_eq!(did(&house.run().await, "raw_users"), (LoadKind::Reload, 2, 0));
    })
    .await;
}
