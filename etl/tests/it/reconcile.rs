//! The warehouse beside its sources: equal when it is, and told by key where it is not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use etl::{Config, Difference, EtlError, Progress, Reconciliation, TableComparison, Verdict, Warehouse};
use serde_json::json;
use test_kit::{Engine, on_every_database};
use tokio::runtime::Builder;

use crate::source::Sources;
use crate::support::House;

async fn reconcile(house: &House) -> Reconciliation {
    house.warehouse.reconcile(&|_| {}).await.unwrap()
}

fn of<'a>(outcome: &'a Reconciliation, table: &str) -> &'a TableComparison {
    outcome.tables.iter().find(|found| found.table == table).expect("every table is compared")
}

/// Something in each table.
async fn filled(house: &House) {
    for number in 1..=3 {
        house.sources.add_user(number).await;
    }
    house.sources.add_category(10, "tools", None).await;
    for item in 20..40 {
        house.sources.add_item(item, 1, 10, 500).await;
    }
    house.sources.add_reservation(50, 20, 2).await;
    house.sources.add_order(60, 2).await;
    house.sources.add_payment(70, 60, 2).await;
    house.sources.transfer(70, 1, "payer", "held", 1300).await;
    house.run().await;
}

/// Changes a source as no program should: so that nobody records it.
async fn unrecorded(sources: &Sources, sql: &str) {
    match sources.engine {
        Engine::Postgres => {
            let quiet = "SET session_replication_role = replica";
            sources.run(&format!("{quiet}; {sql}; SET session_replication_role = origin")).await;
        }
        Engine::Sqlite => {
            for trigger in ["insert", "update", "delete", "rekey"] {
                sources.run(&format!("DROP TRIGGER IF EXISTS etl_{trigger}_items")).await;
            }
            sources.run(sql).await;
        }
    }
}

#[tokio::test]
async fn a_warehouse_that_equals_its_sources_is_told_so() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        filled(&house).await;
        for item in 20..30 {
            house.sources.set_item(item, "daily_price_minor = 700, stock = 3", 60).await;
        }
        let one = house.sources.id(39);
        house.sources.run(&format!("DELETE FROM items WHERE id = {one}")).await;
        house.run().await;
        let outcome = reconcile(&house).await;
        assert!(outcome.is_equal(), "{outcome:?}");
        assert_eq!(outcome.tables.len(), 8);
        for table in &outcome.tables {
            assert_eq!(table.verdict, Verdict::Equal, "{table:?}");
            assert_eq!((table.source_rows, &table.source_checksum), (table.warehouse_rows, &table.warehouse_checksum));
            assert!(table.source_rows > 0, "{table:?}");
        }
        assert_eq!(of(&outcome, "raw_items").source_rows, 19);
    })
    .await;
}

#[tokio::test]
async fn keys_that_changed_since_the_last_run_are_counted_and_left_out() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        filled(&house).await;
        house.sources.settle().await;
        house.run().await;
        house.sources.set_item(20, "daily_price_minor = 900", 60).await;
        house.sources.add_item(90, 1, 10, 500).await;
        let outcome = reconcile(&house).await;
        let items = of(&outcome, "raw_items");
        assert_eq!((items.verdict, items.source_rows, items.warehouse_rows), (Verdict::Equal, 19, 19), "{items:?}");
        assert_eq!(items.pending, 2);
    })
    .await;
}

#[tokio::test]
async fn what_nobody_recorded_is_found_and_named_by_its_key() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        filled(&house).await;
        let key = |number: u128| house.sources.id(number);
        let (changed, gone) = (key(21), key(22));
        let before = house.rows("SELECT id FROM raw_items ORDER BY id").await;
        unrecorded(&house.sources, &format!("UPDATE items SET units = 99 WHERE id = {changed}")).await;
        unrecorded(&house.sources, &format!("DELETE FROM items WHERE id = {gone}")).await;
        let copied = format!(
            "INSERT INTO items (id, owner_id, category_id, version, created_at, updated_at)
             SELECT {}, owner_id, category_id, version, created_at, updated_at FROM items WHERE id = {changed}",
            key(91)
        );
        unrecorded(&house.sources, &copied).await;
        let outcome = reconcile(&house).await;
        assert!(!outcome.is_equal());
        let different: Vec<_> = outcome.tables.iter().filter(|table| table.verdict == Verdict::Different).collect();
        assert_eq!(different.len(), 1, "{different:?}");
        let items = different[0];
        assert_eq!((items.table.as_str(), items.source_rows, items.warehouse_rows), ("raw_items", 20, 20));
        let named = |what: Difference| -> Vec<_> {
            items.differences.iter().filter(|found| found.what == what).map(|found| json!(found.key)).collect()
        };
        for what in [Difference::Changed, Difference::Surplus] {
            let keys = named(what);
            assert_eq!(keys.len(), 1, "{items:?}");
            assert!(before.contains(&keys), "the warehouse knows {keys:?}");
        }
        assert_eq!(named(Difference::Missing).len(), 1);
        assert!(!before.contains(&named(Difference::Missing)), "and this one it does not");
    })
    .await;
}

#[tokio::test]
async fn members_who_were_erased_are_no_difference_before_they_are_forgotten_or_after() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        filled(&house).await;
        house.sources.set_user(2, "status = 'erased'", 60).await;
        house.run().await;
        assert!(reconcile(&house).await.is_equal());
        house.warehouse.maintain().await.unwrap();
        assert_eq!(house.value("SELECT count(*) FROM raw_reservations WHERE borrower_id IS NULL").await, json!(1));
        let outcome = reconcile(&house).await;
        assert!(outcome.is_equal(), "{outcome:?}");
        assert_eq!(of(&outcome, "raw_users").source_rows, 2);
    })
    .await;
}

#[tokio::test]
async fn a_table_that_was_emptied_waits_for_the_next_run_to_be_compared() {
    let house = House::on_engine(Engine::Postgres).await;
    filled(&house).await;
    house.sources.run("TRUNCATE items").await;
    let outcome = reconcile(&house).await;
    assert_eq!(of(&outcome, "raw_items").verdict, Verdict::NotCompared);
    house.run().await;
    assert_eq!(of(&reconcile(&house).await, "raw_items").verdict, Verdict::Equal);
}

#[tokio::test]
async fn a_comparison_whose_files_maintenance_removes_begins_anew() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        filled(&house).await;
        for item in 20..23 {
            house.sources.set_item(item, "daily_price_minor = 700", 60).await;
            house.run().await;
        }
        let config = Config { kept_days: 0, ..house.config.clone() };
        let maintain = async || {
            let tidy = Warehouse::open(&config, house.clock.clone()).await.unwrap();
            tidy.maintain().await.unwrap();
        };
        let begun = AtomicUsize::new(0);
        let progress = |progress| {
            let is_items = progress == Progress::Reading { table: "raw_items" };
            if is_items && begun.fetch_add(1, Ordering::Relaxed) == 0 {
                // Elsewhere, because whoever is told of progress cannot wait.
                let elsewhere = || Builder::new_current_thread().enable_all().build().unwrap().block_on(maintain());
                thread::scope(|scope| scope.spawn(elsewhere).join().unwrap());
            }
        };
        let outcome = house.warehouse.reconcile(&progress).await.unwrap();
        assert!(outcome.is_equal(), "{outcome:?}");
        assert_eq!(begun.into_inner(), 2, "its files were there all the time");
        let compared = house.warehouse.status().await.unwrap().reconciliations;
        assert_eq!(compared.len(), 1, "it counts once");
    })
    .await;
}

#[tokio::test]
async fn an_empty_warehouse_has_nothing_to_compare() {
    let house = House::on_engine(Engine::Sqlite).await;
    assert!(matches!(house.warehouse.reconcile(&|_| {}).await, Err(EtlError::Empty)));
}
