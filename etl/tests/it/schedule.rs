use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use etl::{Config, Deps, EtlError, Outcome, Warehouse};
use service_kit::RunError;
use service_kit::ops::Ops;
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use test_kit::{Engine, TestDatabase, on_every_database, wait_until};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use user_api::FakeUsers;
use vocabulary::Secret;

use crate::api::Service;
use crate::support::{DEADLINE, House};

/// The schedule at work.
async fn start(house: &House) -> (JoinHandle<Result<(), RunError>>, CancellationToken) {
    let shutdown = CancellationToken::new();
    let deps = Deps {
        clock: house.clock.clone(),
        ops: Ops::new("test", shutdown.clone()),
        users: Arc::new(FakeUsers::default()),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (tokio::spawn(etl::run(house.config.clone(), deps, listener, shutdown.clone())), shutdown)
}

#[tokio::test]
async fn runs_that_were_missed_are_caught_up_by_one() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.run().await;
        // Twelve times the schedule's quarter of an hour.
        house.hands.advance(Duration::from_secs(3 * 60 * 60));
        let (service, shutdown) = start(&house).await;
        wait_until("the service to catch up", DEADLINE, async || {
            let runs = house.warehouse.status().await.unwrap().runs;
            runs.iter().filter(|run| run.outcome == Outcome::Succeeded).count() == 2
        })
        .await;
        shutdown.cancel();
        service.await.unwrap().unwrap();
        assert_eq!(house.warehouse.status().await.unwrap().runs.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_run_that_is_stopped_with_the_service_is_recorded_and_gives_its_lease_back() {
    let house = House::on_engine(Engine::Postgres).await;
    house.sources.add_user(1).await;
    let mut lock = PgConnection::connect(house.sources.url.expose()).await.unwrap();
    lock.execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.unwrap();
    house.hands.advance(Duration::from_secs(15 * 60));
    let (service, shutdown) = start(&house).await;
    let last = async || house.warehouse.status().await.unwrap().runs.into_iter().next();
    wait_until("a run to begin", DEADLINE, async || last().await.is_some_and(|run| run.outcome == Outcome::Running))
        .await;
    shutdown.cancel();
    service.await.unwrap().unwrap();
    let stopped = last().await.unwrap();
    assert_eq!((stopped.outcome, stopped.error), (Outcome::Failed, Some(EtlError::Stopped.to_string())));
    lock.execute("ROLLBACK").await.unwrap();
    // The clock stands still: a lease that was kept would not end.
    house.warehouse.run_once(&|_| {}).await.unwrap();
}

#[tokio::test]
async fn however_often_runs_have_failed_the_next_one_begins() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.run("ALTER TABLE items RENAME COLUMN approval TO consent").await;
    let service = Service::start(&house).await;
    let ended = async |outcome: &str, count: u32| {
        let line = format!("lendery_etl_runs_total{{outcome=\"{outcome}\"}} {count}");
        ask(std::slice::from_ref(&service)).await;
        wait_until(&line, DEADLINE, async || service.metrics().await.lines().any(|told| told == line)).await;
    };
    // A pause that was twice as long each time would have ended after the last year that a calendar knows.
    for round in 1..=50 {
        ended("failed", round).await;
    }
    house.sources.run("ALTER TABLE items RENAME COLUMN consent TO approval").await;
    ended("succeeded", 1).await;
    service.stop().await;
}

#[tokio::test]
async fn a_lease_of_a_clock_that_was_ahead_is_void() {
    let house = House::on_engine(Engine::Sqlite).await;
    let mut runs = SqliteConnection::connect(house.config.database_url.expose()).await.unwrap();
    let hours = |hours| (house.clock.now() + TimeDelta::hours(hours)).timestamp_micros();
    for (ends_in, is_void) in [(23, false), (10 * 365 * 24, true)] {
        let taken = "INSERT OR REPLACE INTO etl_lease (name, holder, expires_at) VALUES ('run', 'another', $1)";
        sqlx::query(taken).bind(hours(ends_in)).execute(&mut runs).await.unwrap();
        let config = Config { lease_seconds: 1, ..house.config.clone() };
        let warehouse = Warehouse::open(&config, house.clock.clone()).await.unwrap();
        let run = warehouse.run_once(&|_| {}).await;
        assert_eq!(run.is_ok(), is_void, "{run:?}");
    }
}

#[tokio::test]
async fn a_schedule_that_is_none_keeps_the_service_from_starting() {
    let house = House::on_engine(Engine::Sqlite).await;
    let shutdown = CancellationToken::new();
    let config = Config { schedule: "now and then".to_owned(), ..house.config.clone() };
    let deps = Deps {
        clock: house.clock.clone(),
        ops: Ops::new("test", shutdown.clone()),
        users: Arc::new(FakeUsers::default()),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = etl::run(config, deps, listener, shutdown).await.unwrap_err();
    assert!(error.to_string().contains("`now and then`"), "{error}");
}

/// Of all runs that ended well, how many there were.
async fn succeeded(warehouse: &Warehouse) -> usize {
    let runs = warehouse.status().await.unwrap().runs;
    assert!(runs.iter().all(|run| run.outcome != Outcome::Failed), "{runs:?}");
    runs.iter().filter(|run| run.outcome == Outcome::Succeeded).count()
}

/// Asks each of these for a run. A schedule does one thing after the other, so once all of them have done it they are past
/// whatever was due before.
async fn ask(services: &[Service]) {
    for service in services {
        service.admin().post("/api/v1/warehouse/runs", &serde_json::json!({})).await.expect(202);
    }
}

#[tokio::test]
async fn of_three_schedules_each_run_is_done_by_one() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.run().await;
        for round in 0..3_usize {
            house.hands.advance(Duration::from_secs(15 * 60));
            let before = 1 + round * 4;
            let services = [Service::start(&house).await, Service::start(&house).await, Service::start(&house).await];
            let until = async |runs: usize| {
                wait_until("the runs", DEADLINE, async || succeeded(&house.warehouse).await >= runs).await;
            };
            until(before + 1).await;
            ask(&services).await;
            until(before + 4).await;
            assert_eq!(succeeded(&house.warehouse).await, before + 4, "what was due was done once");
            for service in services {
                service.stop().await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn schedules_that_share_no_lease_do_each_run_themselves() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        let (mut warehouses, mut services, mut databases) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..3 {
            let runs = TestDatabase::on(house.sources.engine).await;
            let warehouse = house.folder().join(format!("warehouse-{number}"));
            let config = Config { database_url: Secret::new(runs.url()), warehouse, ..house.config.clone() };
            warehouses.push((Warehouse::open(&config, house.clock.clone()).await.unwrap(), config));
            databases.push(runs);
        }
        house.hands.advance(Duration::from_secs(15 * 60));
        for (_, config) in &warehouses {
            services.push(Service::of(config.clone(), &house).await);
        }
        for (warehouse, _) in &warehouses {
            wait_until("a run of its own", DEADLINE, async || succeeded(warehouse).await == 1).await;
        }
        ask(&services).await;
        for (warehouse, _) in &warehouses {
            wait_until("the run that was asked for", DEADLINE, async || succeeded(warehouse).await == 2).await;
        }
        for service in services {
            service.stop().await;
        }
    })
    .await;
}
