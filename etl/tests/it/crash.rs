use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use etl::{Config, EtlError, LoadKind, Outcome, Progress, Warehouse};
use futures_util::FutureExt;
use serde_json::json;
use test_kit::{Engine, on_every_database};

use crate::support::{House, did};

/// Runs and stops as if the process had died right after its `commits`-th table, longer ago than a lease lasts.
pub(crate) async fn die_after(house: &House, commits: usize) {
    die_holding_the_lease(&house.warehouse, commits).await;
    house.hands.advance(Duration::from_secs(61));
}

/// A dead process gives nothing back.
async fn die_holding_the_lease(warehouse: &Warehouse, commits: usize) {
    let seen = AtomicUsize::new(0);
    let progress = |progress| {
        if matches!(progress, Progress::Table(_)) && seen.fetch_add(1, Ordering::Relaxed) + 1 == commits {
            std::panic::resume_unwind(Box::new("the process died"));
        }
    };
    let run = AssertUnwindSafe(warehouse.run_once(&progress)).catch_unwind().await;
    assert!(run.is_err(), "the run ended before table {commits}");
}

#[tokio::test]
async fn a_run_that_died_after_any_table_is_continued_without_a_row_doubled() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_user(1).await;
        house.sources.add_category(10, "tools", None).await;
        house.sources.add_item(20, 1, 10, 500).await;
        for commits in 1..=8 {
            die_after(&house, commits).await;
            assert!(
                matches!(house.warehouse.query("SELECT 1").await, Err(EtlError::Empty)),
                "no batch is complete yet"
            );
        }
        let report = house.run().await;
        let runs = house.warehouse.status().await.unwrap().runs;
        let outcomes: Vec<_> = runs.iter().map(|run| run.outcome).collect();
        assert_eq!(outcomes[0], Outcome::Succeeded);
        assert_eq!(outcomes[1..], [Outcome::Failed; 8]);
        assert!(report.tables.iter().all(|table| table.kind != LoadKind::FirstLoad), "{report:?}");
        assert_eq!(report.batch, 1);
        for table in ["raw_users", "raw_categories", "raw_items"] {
            let snapshots = house.value(&format!("SELECT count(*) FROM {table} WHERE op = 'S'")).await;
            assert_eq!(snapshots, json!(1), "{table}");
        }
        assert_eq!(house.value("SELECT count(*) FROM dim_item WHERE item_key <> '-1'").await, json!(1));
    })
    .await;
}

#[tokio::test]
async fn readers_see_the_last_whole_batch_while_a_later_one_is_incomplete() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    house.run().await;
    house.sources.add_user(2).await;
    die_after(&house, 1).await;
    assert_eq!(house.value("SELECT count(*) FROM raw_users").await, json!(1));
    let report = house.run().await;
    assert_eq!(did(&report, "raw_users").0, LoadKind::Unchanged);
    assert_eq!(house.value("SELECT count(*) FROM raw_users").await, json!(2));
}

#[tokio::test]
async fn a_second_run_at_the_same_time_waits_and_doubles_nothing() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_user(1).await;
        let other = Warehouse::open(&house.config, house.clock.clone()).await.unwrap();
        // The first run is asked for the second one at its first sign of progress, so it is surely under way.
        let (told, asked) = tokio::sync::oneshot::channel();
        let told = std::sync::Mutex::new(Some(told));
        let progress = |_| {
            if let Some(told) = told.lock().unwrap().take() {
                told.send(()).unwrap();
            }
        };
        let first = house.warehouse.run_once(&progress);
        let second = async {
            asked.await.unwrap();
            other.run_once(&|_| {}).await
        };
        let (first, second) = tokio::join!(first, second);
        assert_eq!(did(&first.unwrap(), "raw_users").0, LoadKind::FirstLoad);
        assert_ne!(did(&second.unwrap(), "raw_users").0, LoadKind::FirstLoad);
        assert_eq!(house.value("SELECT count(*) FROM raw_users WHERE op = 'S'").await, json!(1));
        let runs = house.warehouse.status().await.unwrap().runs;
        assert!(runs.iter().all(|run| run.outcome == Outcome::Succeeded), "{runs:?}");
    })
    .await;
}

#[tokio::test]
async fn a_run_waits_for_the_lease_of_one_that_died_but_no_longer_than_it_lasts() {
    let house = House::on_engine(Engine::Sqlite).await;
    let config = Config { lease_seconds: 1, ..house.config.clone() };
    let warehouse = Warehouse::open(&config, house.clock.clone()).await.unwrap();
    die_holding_the_lease(&warehouse, 1).await;
    // The clock stands still, so the lease does not end.
    let refused = warehouse.run_once(&|_| {}).await;
    assert!(matches!(refused, Err(EtlError::UnderWay { .. })), "{refused:?}");
    let end = async {
        tokio::task::yield_now().await;
        house.hands.advance(Duration::from_secs(2));
    };
    let (run, ()) = tokio::join!(warehouse.run_once(&|_| {}), end);
    run.unwrap();
}
