//! Members who were erased are in no file of the warehouse any more, and do not come back.

use std::path::Path;
use std::time::Duration;

use etl::{Config, LoadKind, Outcome, Warehouse};
use serde_json::json;
use sqlx::{Connection, Executor, SqliteConnection};
use test_kit::{Engine, TestDatabase, on_every_database, wait_until};

use crate::api::Service;
use crate::crash::die_after;
use crate::faults::dropped_after;
use crate::support::{DEADLINE, House, did};

const LENT: &str = "SELECT count(*) FROM raw_orders WHERE borrower_id IS NOT NULL";

/// A house where member 2 borrows of member 1, and what the warehouse calls member 2.
async fn lending(database: TestDatabase) -> (House, String) {
    let house = House::on(database).await;
    for user in 1..=2 {
        house.sources.add_user(user).await;
    }
    house.sources.add_category(10, "tools", None).await;
    house.sources.add_item(20, 1, 10, 500).await;
    house.sources.add_reservation(30, 20, 2).await;
    house.sources.add_order(40, 2).await;
    house.sources.add_payment(50, 40, 2).await;
    house.run_until("SELECT count(*) FROM raw_payments", json!(1)).await;
    let member = house.value("SELECT borrower_id FROM raw_reservations").await;
    (house, member.as_str().unwrap().to_owned())
}

async fn erase(house: &House) {
    house.sources.set_user(2, "status = 'erased'", 60).await;
    house.run_until("SELECT count(*) FROM raw_users WHERE status = 'erased'", json!(1)).await;
}

/// The files of the warehouse that name somebody. A dictionary of Parquet shows a value of its own as it is, whatever the
/// compression.
fn naming(house: &House, member: &str) -> Vec<String> {
    let names = |path: &Path| {
        // Maintenance may remove it meanwhile.
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(member.len()).any(|window| window == member.as_bytes())
    };
    let files = house.files().into_iter().filter(|path| names(path));
    files.map(|path| path.strip_prefix(&house.config.warehouse).unwrap().display().to_string()).collect()
}

#[tokio::test]
async fn a_member_who_was_erased_is_in_no_file() {
    on_every_database(async |database| {
        let (house, member) = lending(database).await;
        let before = naming(&house, &member);
        assert!(before.iter().any(|name| name.starts_with("raw_orders/") && name.ends_with(".parquet")), "{before:?}");
        assert!(!before.iter().any(|name| name.contains("_delta_log")), "not as the least of a file: {before:?}");
        erase(&house).await;
        house.warehouse.maintain().await.unwrap();
        assert_eq!(house.value("SELECT count(*) FROM raw_users").await, json!(1));
        let named = "SELECT count(*) FROM (
            SELECT borrower_id AS id FROM raw_reservations UNION ALL SELECT borrower_id FROM raw_orders
            UNION ALL SELECT payer_id FROM raw_payments) WHERE id IS NOT NULL";
        assert_eq!(house.value(named).await, json!(0));
        assert_eq!(house.value("SELECT borrower_key FROM fact_order").await, json!("-1"));
        assert_eq!(house.value("SELECT count(*) FROM fact_reservation").await, json!(1), "what was lent stays counted");
        assert_eq!(naming(&house, &member), [""; 0]);
        house.sources.add_user(3).await;
        house.run_until("SELECT count(DISTINCT id) FROM raw_users", json!(2)).await;
        house.equals_its_sources().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_service_tells_later_of_a_member_who_was_erased_names_nobody() {
    on_every_database(async |database| {
        let (house, member) = lending(database).await;
        erase(&house).await;
        house.warehouse.maintain().await.unwrap();
        house.sources.set_order(40, "closed", 90).await;
        house.sources.set_user(2, "role = 'member'", 90).await;
        house.run_until("SELECT count(*) FROM raw_orders WHERE state = 'closed'", json!(1)).await;
        assert_eq!(house.value(LENT).await, json!(0));
        assert_eq!(naming(&house, &member), [""; 0]);
        // Nor does a table that is filled anew.
        for table in ["raw_users", "raw_orders"] {
            std::fs::remove_dir_all(house.config.warehouse.join(table)).unwrap();
        }
        let report = house.run().await;
        assert_eq!(did(&report, "raw_orders").0, LoadKind::FirstLoad);
        assert_eq!(house.value("SELECT count(*) FROM raw_users").await, json!(1));
        assert_eq!(naming(&house, &member), [""; 0]);
        house.equals_its_sources().await;
    })
    .await;
}

#[tokio::test]
async fn a_member_is_forgotten_as_well_where_a_run_that_died_had_gone_ahead() {
    on_every_database(async |database| {
        let (house, member) = lending(database).await;
        erase(&house).await;
        house.sources.set_order(40, "closed", 90).await;
        house.sources.settle().await;
        // Past the orders.
        die_after(&house, 5).await;
        house.warehouse.maintain().await.unwrap();
        let left = naming(&house, &member);
        assert!(left.iter().any(|name| name.starts_with("raw_orders/")), "its rows wait for the next run: {left:?}");
        house.run().await;
        house.warehouse.maintain().await.unwrap();
        assert_eq!(naming(&house, &member), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn maintenance_that_is_dropped_where_it_waits_is_continued() {
    on_every_database(async |database| dropped_and_continued(database, 1).await).await;
}

mod soak {
    #[tokio::test]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn maintenance_that_is_dropped_at_sixty_moments_is_continued() {
        super::on_every_database(async |database| super::dropped_and_continued(database, 8).await).await;
    }
}

/// Drops maintenance ever later, each time by this part of the polls before, until it comes to its end.
async fn dropped_and_continued(database: TestDatabase, part: u32) {
    let (house, _) = lending(database).await;
    let (mut round, mut polls, mut members) = (0, 1, Vec::new());
    loop {
        round += 1;
        house.sources.add_user(100 + round).await;
        house.sources.add_order(300 + round, 100 + round).await;
        house.run().await;
        let newest = house.value("SELECT borrower_id FROM raw_orders ORDER BY load DESC LIMIT 1").await;
        members.push(newest.as_str().unwrap().to_owned());
        house.sources.set_user(100 + round, "status = 'erased'", 60).await;
        house.run().await;
        if let Some(maintained) = dropped_after(polls, house.warehouse.maintain()).await {
            maintained.unwrap();
            break;
        }
        house.hands.advance(Duration::from_secs(61));
        polls += 1 + polls / part;
    }
    assert!(round > 5, "maintenance waits more than {round} times");
    for member in members {
        assert_eq!(naming(&house, &member), [""; 0]);
    }
    house.equals_its_sources().await;
}

#[tokio::test]
async fn without_its_own_database_the_warehouse_finds_out_again_who_was_erased() {
    on_every_database(async |database| {
        let (mut house, member) = lending(database).await;
        erase(&house).await;
        house.warehouse.maintain().await.unwrap();
        let runs = TestDatabase::on(house.sources.engine).await;
        house.config.database_url = vocabulary::Secret::new(runs.url());
        house.warehouse = Warehouse::open(&house.config, house.clock.clone()).await.unwrap();
        house.sources.set_order(40, "closed", 90).await;
        let report = house.run().await;
        assert_eq!(did(&report, "raw_users").0, LoadKind::Reload);
        let named = naming(&house, &member);
        assert!(!named.iter().any(|name| name.starts_with("raw_orders/")), "{named:?}");
        house.warehouse.maintain().await.unwrap();
        assert_eq!(naming(&house, &member), [""; 0]);
        assert_eq!(did(&house.run().await, "raw_users").0, LoadKind::Unchanged, "once is enough");
    })
    .await;
}

#[tokio::test]
async fn members_are_forgotten_although_a_source_cannot_be_read() {
    let (house, member) = lending(TestDatabase::on(Engine::Sqlite).await).await;
    erase(&house).await;
    house.sources.run("ALTER TABLE items RENAME COLUMN approval TO consent").await;
    let service = Service::start(&house).await;
    service.admin().post("/api/v1/warehouse/runs", &json!({})).await.expect(202);
    wait_until("the member to be forgotten", DEADLINE, async || naming(&house, &member).is_empty()).await;
    assert_eq!(house.warehouse.status().await.unwrap().runs[0].outcome, Outcome::Failed);
    service.stop().await;
}

#[tokio::test]
async fn columns_that_are_new_on_the_allow_list_are_read_of_every_row() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    house.run().await;
    let mut runs = SqliteConnection::connect(house.config.database_url.expose()).await.unwrap();
    let shortened = "UPDATE etl_property SET value = replace(value, ' version', '') WHERE name = 'columns/raw_users'";
    assert_eq!(runs.execute(shortened).await.unwrap().rows_affected(), 1);
    assert_eq!(did(&house.run().await, "raw_users"), (LoadKind::Reload, 1, 0));
    assert_eq!(did(&house.run().await, "raw_users").0, LoadKind::Unchanged, "once is enough");
}

#[tokio::test]
async fn what_happened_before_rows_were_read_again_for_a_new_column_is_told() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_item(20, 1, 10, 500).await;
    house.run().await;
    for (price, second) in [(600, 1), (700, 2)] {
        house.sources.set_item(20, &format!("daily_price_minor = {price}"), second).await;
    }
    let mut runs = SqliteConnection::connect(house.config.database_url.expose()).await.unwrap();
    let shortened = "UPDATE etl_property SET value = replace(value, ' stock', '') WHERE name = 'columns/raw_items'";
    assert_eq!(runs.execute(shortened).await.unwrap().rows_affected(), 1);
    assert_eq!(did(&house.run().await, "raw_items"), (LoadKind::Reload, 3, 0));
    let prices = "SELECT daily_price_minor FROM dim_item WHERE item_key <> '-1' ORDER BY valid_from";
    assert_eq!(house.rows(prices).await, [[json!(500)], [json!(600)], [json!(700)]]);
}

#[tokio::test]
async fn a_source_that_is_older_than_an_erasure_makes_no_difference() {
    on_every_database(async |database| {
        let (house, member) = lending(database).await;
        erase(&house).await;
        house.warehouse.maintain().await.unwrap();
        // As the members' database was before, or another copy of it.
        house.sources.set_user(2, "status = 'active'", 70).await;
        house.run().await;
        house.equals_its_sources().await;
        assert_eq!(naming(&house, &member), [""; 0]);
        // A thing that has a member's id is no member.
        house.sources.add_item(2, 1, 10, 500).await;
        assert_eq!(did(&house.run().await, "raw_items").1, 1);
        house.equals_its_sources().await;
    })
    .await;
}

#[tokio::test]
async fn members_whom_another_database_does_not_know_were_not_erased() {
    on_every_database(async |database| {
        let engine = database.engine();
        let (house, member) = lending(database).await;
        let other = House::on_engine(engine).await;
        let config = Config { users_database_url: other.sources.url.clone(), ..house.config.clone() };
        let wrong = Warehouse::open(&config, house.clock.clone()).await.unwrap();
        house.sources.settle().await;
        let report = wrong.run_once(&|_| {}).await.unwrap();
        assert_eq!(did(&report, "raw_users"), (LoadKind::Reload, 0, 2));
        wrong.maintain().await.unwrap();
        assert_eq!(did(&house.run().await, "raw_users").1, 2, "the right one knows both");
        assert_eq!(house.value(LENT).await, json!(1));
        assert_ne!(naming(&house, &member), [""; 0]);
        house.equals_its_sources().await;
    })
    .await;
}
