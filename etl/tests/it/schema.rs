//! Services whose tables are not those the warehouse was made for: nothing is lost, and what fits goes on.

use etl::{EtlError, LoadKind, Outcome};
use serde_json::json;
use test_kit::{Engine, on_every_database};

use crate::faults::service;
use crate::support::{House, did};

/// A run that fails because of one table; every other table is brought up to date.
async fn fails(house: &House) -> EtlError {
    house.hands.advance(std::time::Duration::from_secs(60));
    let error = house.warehouse.run_once(&|_| {}).await.unwrap_err();
    let last = house.warehouse.status().await.unwrap().runs.into_iter().next().unwrap();
    assert_eq!(last.outcome, Outcome::Failed);
    error
}

#[tokio::test]
async fn a_column_that_is_gone_or_renamed_stops_its_table_and_no_other() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_category(10, "tools", None).await;
        house.sources.add_item(20, 1, 10, 500).await;
        house.run_until("SELECT count(*) FROM raw_items", json!(1)).await;
        house.sources.run("ALTER TABLE items RENAME COLUMN approval TO consent").await;
        house.sources.set_item(20, "consent = 'none'", 60).await;
        house.sources.add_category(11, "drills", None).await;
        house.sources.add_reservation(30, 20, 1).await;
        let error = fails(&house).await;
        assert!(matches!(error, EtlError::OldSchema { name: "inventory", table: "items", .. }), "{error:?}");
        assert!(error.to_string().contains("approval") && error.to_string().contains("consent"), "{error}");
        house.sources.run("ALTER TABLE items RENAME COLUMN consent TO approval").await;
        house.run_until("SELECT count(*) FROM raw_reservations", json!(1)).await;
        house.run_until("SELECT max(version) FROM raw_items WHERE approval = 'none'", json!(2)).await;
    })
    .await;
}

#[tokio::test]
async fn a_column_or_a_table_that_was_dropped_stops_its_table_and_comes_back_without_a_loss() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_item(20, 1, 10, 500).await;
        house.sources.add_reservation(30, 20, 1).await;
        house.run().await;
        house.sources.run("ALTER TABLE items DROP COLUMN approval").await;
        house.sources.set_item(20, "daily_price_minor = 700", 60).await;
        house.sources.set_reservation(30, "confirmed", 60).await;
        house.sources.settle().await;
        let error = fails(&house).await;
        assert!(matches!(error, EtlError::OldSchema { table: "items", .. }), "{error:?}");
        let state = "SELECT state FROM fact_reservation";
        assert_eq!(house.value(state).await, json!("confirmed"), "the others go on");
        // A table under another name is one that is not there.
        house.sources.run("ALTER TABLE items ADD COLUMN approval text; ALTER TABLE items RENAME TO things").await;
        house.sources.set_reservation(30, "returned", 90).await;
        house.sources.settle().await;
        let error = fails(&house).await;
        assert!(matches!(error, EtlError::NoTable { table: "items", .. }), "{error:?}");
        assert!(error.to_string().contains("items"), "{error}");
        assert_eq!(house.value(state).await, json!("returned"), "the others go on");
        house.sources.run("ALTER TABLE things RENAME TO items").await;
        house.run().await;
        let prices = "SELECT daily_price_minor FROM dim_item WHERE item_key <> '-1' ORDER BY valid_from";
        assert_eq!(house.rows(prices).await, [[json!(500)], [json!(700)]]);
        house.equals_its_sources().await;
    })
    .await;
}

#[tokio::test]
async fn other_tables_of_the_source_go_on_while_one_waits() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.run().await;
        house.sources.run("ALTER TABLE categories RENAME COLUMN slug TO word").await;
        house.sources.add_item(20, 1, 10, 500).await;
        test_kit::wait_until("the item to arrive", crate::support::DEADLINE, async || {
            fails(&house).await;
            house.value("SELECT count(*) FROM raw_items").await == json!(1)
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_column_nobody_has_decided_on_is_left_out() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.run("ALTER TABLE users ADD COLUMN phone text DEFAULT 'planted-secret'").await;
        house.sources.add_user(1).await;
        house.run_until("SELECT count(*) FROM raw_users", json!(1)).await;
        let run = service(&house.config).arg("run").output().unwrap();
        let said = String::from_utf8(run.stderr).unwrap();
        assert!(said.contains("WARN") && said.contains("columns=\"phone\""), "{said}");
        assert!(run.status.success() && !said.contains("planted-secret"), "{said}");
        let phone = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'phone'";
        assert_eq!(house.value(phone).await, json!(0));
    })
    .await;
}

#[tokio::test]
async fn a_value_that_was_mended_stops_nothing_any_more() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        for item in 20..=21 {
            house.sources.add_item(item, 1, 10, 500).await;
        }
        house.run().await;
        let (wrong, right) = match house.sources.engine {
            Engine::Sqlite => ("daily_price_minor = 'abc'", "daily_price_minor = 600"),
            Engine::Postgres => ("updated_at = 'infinity'", "updated_at = '2026-02-01T00:00:00Z'"),
        };
        house.sources.run(&format!("UPDATE items SET {wrong}")).await;
        house.sources.settle().await;
        let error = fails(&house).await;
        assert!(error.to_string().contains("items."), "{error}");
        house.sources.run(&format!("UPDATE items SET {right}")).await;
        assert_eq!(did(&house.run().await, "raw_items"), (LoadKind::Reload, 2, 0));
        house.equals_its_sources().await;
        house.sources.set_item(20, "status = 'paused'", 3).await;
        assert_eq!(did(&house.run().await, "raw_items"), (LoadKind::Changes, 1, 0));
    })
    .await;
}

#[tokio::test]
async fn a_column_of_text_that_holds_numbers_now_stops_its_table() {
    let house = House::on_engine(Engine::Postgres).await;
    house.run().await;
    house.sources.run("ALTER TABLE items ALTER COLUMN approval TYPE integer USING 1").await;
    let error = fails(&house).await;
    assert!(matches!(error, EtlError::OtherType { column: "approval", .. }), "{error:?}");
}

#[tokio::test]
async fn a_number_that_is_widened_in_a_service_still_fits() {
    let house = House::on_engine(Engine::Postgres).await;
    house.sources.add_item(20, 1, 10, 500).await;
    house.run_until("SELECT max(units) FROM raw_items", json!(1)).await;
    house.sources.run("ALTER TABLE items ALTER COLUMN units TYPE bigint").await;
    house.sources.set_item(20, "units = 5000000000", 60).await;
    house.run_until("SELECT max(units) FROM raw_items", json!(5_000_000_000_i64)).await;
}

#[tokio::test]
async fn a_type_whose_values_would_be_changed_stops_its_table() {
    let house = House::on_engine(Engine::Postgres).await;
    house.sources.add_item(20, 1, 10, 500).await;
    house.run_until("SELECT max(units) FROM raw_items", json!(1)).await;
    let all = [
        ("units", "integer", "numeric"),
        ("units", "integer", "double precision"),
        ("created_at", "timestamptz", "timestamp"),
    ];
    for (column, ours, other) in all {
        house.sources.run(&format!("ALTER TABLE items ALTER COLUMN {column} TYPE {other}")).await;
        let error = fails(&house).await;
        let is_named = matches!(&error, EtlError::OtherType { found, .. } if found.starts_with(other));
        assert!(is_named && error.to_string().contains(column), "{error:?}");
        house.sources.run(&format!("ALTER TABLE items ALTER COLUMN {column} TYPE {ours}")).await;
    }
    house.sources.set_item(20, "units = 7", 60).await;
    house.run_until("SELECT max(units) FROM raw_items", json!(7)).await;
}

#[tokio::test]
async fn a_type_that_no_longer_fits_stops_its_table_and_tells_no_value() {
    on_every_database(async |database| {
        let engine = database.engine();
        let house = House::on(database).await;
        house.sources.add_item(20, 1, 10, 500).await;
        house.run_until("SELECT count(*) FROM raw_items", json!(1)).await;
        if engine == Engine::Postgres {
            house.sources.run("ALTER TABLE items ALTER COLUMN stock TYPE text").await;
        }
        house.sources.set_item(20, "stock = 'planted-secret'", 60).await;
        house.sources.add_user(7).await;
        house.sources.add_category(10, "tools", None).await;
        test_kit::wait_until("the table to stop", crate::support::DEADLINE, async || {
            house.hands.advance(std::time::Duration::from_secs(60));
            match house.warehouse.run_once(&|_| {}).await {
                Ok(_) => false,
                Err(error) => {
                    let stopped =
                        matches!(error, EtlError::Misfit { .. } | EtlError::Value { .. } | EtlError::OtherType { .. });
                    assert!(stopped && error.to_string().contains("items"), "{error:?}");
                    assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
                    true
                }
            }
        })
        .await;
        test_kit::wait_until("the other tables to go on", crate::support::DEADLINE, async || {
            fails(&house).await;
            let counts = "SELECT (SELECT count(*) FROM raw_users) AS u, (SELECT count(*) FROM raw_categories) AS c";
            house.rows(counts).await == [[json!(1), json!(1)]]
        })
        .await;
        house.sources.set_item(20, "stock = NULL", 90).await;
        if engine == Engine::Postgres {
            house.sources.run("ALTER TABLE items ALTER COLUMN stock TYPE integer USING NULL").await;
        }
        house.run_until("SELECT max(version) FROM raw_items", json!(3)).await;
    })
    .await;
}
