//! Runs that end at any moment: nothing is lost and nothing doubled.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use etl::{Config, LoadKind, Outcome, RunReport, Warehouse};
use futures_util::FutureExt;
use sea_orm::{ConnectionTrait, Database};
use serde_json::json;
use service_kit::clock::Clock;
use test_kit::{TestDatabase, on_every_database, wait_until};
use vocabulary::Secret;

use crate::readers::RAW;
use crate::support::{DEADLINE, House, Random};

/// Members who leave have numbers of their own.
const LEAVING: u128 = 10_000;

/// Changes of one round: an item more, which is changed twice and lent, for an order that is paid, and a member who joins and one
/// who leaves, and is to be forgotten.
async fn change(house: &House, round: u32) {
    let item = u128::from(round);
    house.sources.add_item(item, 1, 10, i64::from(round)).await;
    house.sources.set_item(item, "daily_price_minor = daily_price_minor + 1000000", round + 1).await;
    house.sources.set_item(item, "status = 'paused'", round + 2).await;
    house.sources.add_user(LEAVING + item).await;
    house.sources.run(&format!("DELETE FROM users WHERE id = {}", house.sources.id(LEAVING + item - 1))).await;
    let (reservation, order, payment) = (20_000 + item, 30_000 + item, 40_000 + item);
    house.sources.add_reservation(reservation, item, LEAVING + item).await;
    house.sources.set_reservation(reservation, "checked_out", round).await;
    house.sources.add_order(order, LEAVING + item).await;
    house.sources.set_order(order, "confirmed", round).await;
    house.sources.add_payment(payment, order, LEAVING + item).await;
    house.sources.transfer(payment, i64::from(round), "payer", "held", 1_300).await;
}

/// Each of these changes is there, and once.
async fn all_once(house: &House, rounds: u32) {
    let wanted = i64::from(rounds);
    house.run_until("SELECT count(*) FROM dim_item WHERE is_current AND status = 'paused'", json!(wanted)).await;
    for table in RAW {
        let twice = format!("SELECT count(*) - count(DISTINCT change_seq) FROM {table} WHERE change_seq > 0");
        assert_eq!(house.value(&twice).await, json!(0), "a change is in {table} twice");
    }
    let states = house
        .rows(
            "SELECT daily_price_minor < 1000000, status, count(*) FROM dim_item
         WHERE item_key <> '-1' GROUP BY 1, 2 ORDER BY 1, 2",
        )
        .await;
    let row = |cheap: bool, status: &str| vec![json!(cheap), json!(status), json!(wanted)];
    assert_eq!(states, [row(false, "listed"), row(false, "paused"), row(true, "listed")]);
    house.equals_its_sources().await;
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
            house.sources.settle().await;
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
        // A table begins, has rows and ends; of the categories there are none.
        assert!(round > 20, "a run has more than {round} steps");
        all_once(&house, round).await;
    })
    .await;
}

/// What comes of something, unless that takes more polls than these: then it is dropped where it waits.
pub(crate) async fn dropped_after<T>(polls: u32, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut left) = (pin!(work), polls);
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

/// Drops runs where they wait, each one later than the one before, until one comes to its end, whose report this is. Before each
/// there are changes, and `more`.
async fn dropped_wherever_it_waits(house: &House, more: impl AsyncFn()) -> RunReport {
    house.run().await;
    let (mut round, mut polls) = (0, 1);
    let report = loop {
        round += 1;
        change(house, round).await;
        more().await;
        house.sources.settle().await;
        if let Some(run) = dropped_after(polls, house.warehouse.run_once(&|_| {})).await {
            break run.unwrap();
        }
        house.hands.advance(Duration::from_secs(61));
        polls += 1 + polls / 6;
    };
    assert!(round > 20, "a run waits more than {round} times");
    all_once(house, round).await;
    report
}

#[tokio::test]
async fn a_run_that_is_dropped_wherever_it_waits_is_continued() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        dropped_wherever_it_waits(&house, async || {}).await;
    })
    .await;
}

/// A table of which every row is read once more, after its changes, has two commits in a run.
#[tokio::test]
async fn a_run_that_reads_every_row_again_may_be_dropped_wherever_it_waits() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        let runs = Database::connect(house.config.database_url.expose()).await.unwrap();
        // As after a column more on the allow-list, and after a table that was truncated.
        let more = async || {
            let shorter =
                "UPDATE etl_property SET value = replace(value, ' stock', '') WHERE name = 'columns/raw_items'";
            runs.execute_unprepared(shorter).await.unwrap();
            house.sources.run("INSERT INTO etl_change (tbl, pk, op) VALUES ('users', '', 'T')").await;
        };
        let report = dropped_wherever_it_waits(&house, more).await;
        let again = report.tables.iter().filter(|table| table.kind == LoadKind::Reload);
        assert_eq!(again.count(), 2, "{report:?}");
    })
    .await;
}

#[tokio::test]
async fn a_warehouse_restored_from_an_older_copy_is_brought_up_to_date() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        // What happened before the first run is no history.
        house.run().await;
        change(&house, 1).await;
        house.run().await;
        let copy = house.folder().join("copy");
        copy_folder(&house.config.warehouse, &copy);
        change(&house, 2).await;
        house.run().await;
        std::fs::remove_dir_all(&house.config.warehouse).unwrap();
        std::fs::rename(&copy, &house.config.warehouse).unwrap();
        change(&house, 3).await;
        all_once(&house, 3).await;
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

/// Nothing is there yet but the sources: no folder, and no database of runs with a lease in it.
#[tokio::test]
async fn several_instances_may_start_at_once_where_there_is_nothing() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        change(&house, 1).await;
        house.sources.settle().await;
        let runs = TestDatabase::on(house.sources.engine).await;
        let config = Config {
            database_url: Secret::new(runs.url()),
            warehouse: house.folder().join("of-several"),
            ..house.config.clone()
        };
        let start = || {
            let mut command = service(&config);
            command.env("LENDERY_ETL_LEASE_SECONDS", "60").arg("run").stdout(Stdio::null()).spawn().unwrap()
        };
        let started: Vec<_> = (0..4).map(|_| Killed(start())).collect();
        for mut process in started {
            assert!(process.0.wait().unwrap().success());
        }
        let warehouse = Warehouse::open(&config, house.clock.clone()).await.unwrap();
        let status = warehouse.status().await.unwrap();
        let outcomes: Vec<_> = status.runs.iter().map(|run| run.outcome).collect();
        assert_eq!((outcomes, status.batch), (vec![Outcome::Succeeded; 4], Some(1)));
        let rows = warehouse.query("SELECT count(*), count(DISTINCT id) FROM raw_items").await.unwrap().rows;
        assert_eq!(rows, [[json!(1), json!(1)]]);
    })
    .await;
}

/// So many kills must not all miss the runs.
const ENOUGH: u32 = 50;

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

#[expect(clippy::print_stdout, reason = "`cargo xtask soak` keeps the figure")]
fn figure(text: &str) {
    println!("figure: {text}");
}

/// Kills a process that runs and tidies all the time, each time at another moment of what it does.
async fn kill_and_look(database: TestDatabase, kills: u32) {
    let house = House::on(database).await;
    house.run().await;
    let (mut random, mut within, mut seen) = (Random::of(20_261_122), 0, None);
    for round in 1..=kills {
        let mut process = Killed(service(&house.config).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        change(&house, round).await;
        // The moment is what is tried, so nothing is waited for.
        tokio::time::sleep(Duration::from_millis(random.below(2_000))).await;
        process.0.kill().unwrap();
        process.0.wait().unwrap();
        let last = house.warehouse.status().await.unwrap().runs.swap_remove(0);
        // The record of a run that died stays as it is until the next one begins.
        within += u32::from(last.outcome == Outcome::Running && seen != Some(last.started_at));
        seen = Some(last.started_at);
    }
    figure(&format!("{}: {within} of {kills} kills fell into a run", house.sources.engine));
    assert!(
        kills < ENOUGH || within * 10 > kills,
        "{within} of {kills} kills fell into a run: the others prove little"
    );
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
