//! Runs that end at any moment: nothing is lost and nothing doubled.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use etl::{Config, Outcome, Warehouse};
use futures_util::FutureExt;
use serde_json::json;
use service_kit::clock::Clock;
use test_kit::{on_every_database, wait_until};

use crate::support::{DEADLINE, House};

/// Changes of one round: an item more, and one that is changed twice.
async fn change(house: &House, round: u32) {
    let item = u128::from(round);
    house.sources.add_item(item, 1, 10, i64::from(round)).await;
    house.sources.set_item(item, "daily_price_minor = daily_price_minor + 1000000", round + 1).await;
    house.sources.set_item(item, "status = 'paused'", round + 2).await;
}

/// Each of these changes is there, and once.
async fn all_once(house: &House, rounds: u32) {
    let wanted = i64::from(rounds);
    house.run_until("SELECT count(*) FROM dim_item WHERE is_current AND status = 'paused'", json!(wanted)).await;
    let raw = house.rows("SELECT count(*), count(DISTINCT change_seq) FROM raw_items WHERE change_seq > 0").await;
    assert_eq!(raw[0][0], raw[0][1], "a change is in the warehouse twice");
    let states = house
        .rows(
            "SELECT daily_price_minor < 1000000, status, count(*) FROM dim_item
         WHERE item_key <> '-1' GROUP BY 1, 2 ORDER BY 1, 2",
        )
        .await;
    let row = |cheap: bool, status: &str| vec![json!(cheap), json!(status), json!(wanted)];
    assert_eq!(states, [row(false, "listed"), row(false, "paused"), row(true, "listed")]);
}

#[tokio::test]
async fn a_run_that_dies_at_any_of_its_steps_is_continued() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.run().await;
        let mut round = 0;
        loop {
            round += 1;
            change(&house, round).await;
            let left = AtomicUsize::new(usize::try_from(round).unwrap());
            let progress = |_| {
                if left.fetch_sub(1, Ordering::Relaxed) == 1 {
                    std::panic::resume_unwind(Box::new("the process died"));
                }
            };
            let run = AssertUnwindSafe(house.warehouse.run_once(&progress)).catch_unwind().await;
            if run.is_ok() {
                break;
            }
            house.hands.advance(Duration::from_secs(61));
        }
        assert!(round > 5, "a run has more than {round} steps");
        all_once(&house, round).await;
    })
    .await;
}

#[tokio::test]
async fn a_run_that_is_dropped_wherever_it_waits_is_continued() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.run().await;
        let (mut round, mut polls) = (0, 1);
        loop {
            round += 1;
            change(&house, round).await;
            let mut left = polls;
            let mut run = pin!(house.warehouse.run_once(&|_| {}));
            let ended = std::future::poll_fn(|context| {
                if left == 0 {
                    return Poll::Ready(false);
                }
                left -= 1;
                run.as_mut().poll(context).map(|ended| ended.is_ok())
            })
            .await;
            if ended {
                break;
            }
            house.hands.advance(Duration::from_secs(61));
            polls += 1 + polls / 6;
        }
        assert!(round > 5, "a run waits more than {round} times");
        all_once(&house, round).await;
    })
    .await;
}

#[tokio::test]
async fn a_warehouse_restored_from_an_older_copy_is_brought_up_to_date() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        change(&house, 1).await;
        house.run().await;
        let copy = house.folder().join("copy");
        copy_folder(&house.config.warehouse, &copy);
        change(&house, 2).await;
        house.run().await;
        std::fs::remove_dir_all(&house.config.warehouse).unwrap();
        std::fs::rename(&copy, &house.config.warehouse).unwrap();
        change(&house, 3).await;
        house.run_until("SELECT count(*) FROM dim_item WHERE is_current AND status = 'paused'", json!(3)).await;
        let twice = "SELECT count(*) - count(DISTINCT change_seq) FROM raw_items WHERE change_seq > 0";
        assert_eq!(house.value(twice).await, json!(0));
    })
    .await;
}

#[tokio::test]
async fn several_instances_at_once_load_every_change_once() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        let mut others = Vec::new();
        for _ in 0..3 {
            others.push(Warehouse::open(&house.config, house.clock.clone()).await.unwrap());
        }
        house.run().await;
        for round in 1..=4 {
            change(&house, round).await;
            let runs = others.iter().map(|other| other.run_once(&|_| {}));
            for run in futures_util::future::join_all(runs).await {
                run.unwrap();
            }
        }
        all_once(&house, 4).await;
        let runs = house.warehouse.status().await.unwrap().runs;
        assert!(runs.iter().all(|run| run.outcome == Outcome::Succeeded), "{runs:?}");
    })
    .await;
}

#[tokio::test]
async fn a_process_that_is_killed_at_random_moments_loses_and_doubles_nothing() {
    on_every_database(async |database| kill_and_look(database, 4).await).await;
}

mod soak {
    #[tokio::test]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn a_process_that_is_killed_200_times_loses_and_doubles_nothing() {
        super::on_every_database(async |database| super::kill_and_look(database, 200).await).await;
    }
}

/// Kills a process that runs all the time, each time a different number of milliseconds after it was started.
async fn kill_and_look(database: test_kit::TestDatabase, kills: u32) {
    let house = House::on(database).await;
    house.run().await;
    for round in 1..=kills {
        let mut process = Killed(service(&house.config).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        change(&house, round).await;
        // The moment is what is tried, so nothing is waited for.
        tokio::time::sleep(Duration::from_millis(u64::from(round * 397 % 1_900))).await;
        process.0.kill().unwrap();
        process.0.wait().unwrap();
    }
    // The last one may hold the lease still, by the time of the system.
    let config = Config { lease_seconds: 3, ..house.config.clone() };
    let last = Warehouse::open(&config, Clock::system()).await.unwrap();
    wait_until("the last run", DEADLINE, async || last.run_once(&|_| {}).await.is_ok()).await;
    all_once(&house, kills).await;
}

/// A child that does not outlive its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _already_dead = self.0.kill();
    }
}

/// The service as a process of its own, which runs every second.
pub(crate) fn service(config: &Config) -> Command {
    let mut command = test_kit::process::command(env!("CARGO_BIN_EXE_etl"));
    command
        .env("LENDERY_ETL_LISTEN", "127.0.0.1:0")
        .env("LENDERY_ETL_OPS_LISTEN", "127.0.0.1:0")
        .env("LENDERY_ETL_USERS_DATABASE_URL", config.users_database_url.expose())
        .env("LENDERY_ETL_INVENTORY_DATABASE_URL", config.inventory_database_url.expose())
        .env("LENDERY_ETL_ORDERS_DATABASE_URL", config.orders_database_url.expose())
        .env("LENDERY_ETL_PAYMENTS_DATABASE_URL", config.payments_database_url.expose())
        .env("LENDERY_ETL_DATABASE_URL", config.database_url.expose())
        .env("LENDERY_ETL_WAREHOUSE", &config.warehouse)
        .env("LENDERY_ETL_WAREHOUSE_OPTIONS", config.warehouse_options.expose())
        .env("LENDERY_ETL_BUCKET_SECONDS", config.bucket_seconds.to_string())
        .env("LENDERY_ETL_PSEUDONYM_KEY", config.pseudonym_key.expose())
        .env("LENDERY_ETL_SCHEDULE", "1s")
        .env("LENDERY_ETL_LEASE_SECONDS", "1");
    command
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
