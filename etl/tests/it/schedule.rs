use std::sync::Arc;
use std::time::Duration;

use etl::{Deps, EtlError, Outcome};
use service_kit::RunError;
use service_kit::ops::Ops;
use sqlx::{Connection, Executor, PgConnection};
use test_kit::{Engine, on_every_database, wait_until};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use user_api::FakeUsers;

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
async fn a_schedule_that_is_none_keeps_the_service_from_starting() {
    let house = House::on_engine(Engine::Sqlite).await;
    let shutdown = CancellationToken::new();
    let config = etl::Config { schedule: "now and then".to_owned(), ..house.config.clone() };
    let deps = Deps {
        clock: house.clock.clone(),
        ops: Ops::new("test", shutdown.clone()),
        users: Arc::new(FakeUsers::default()),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = etl::run(config, deps, listener, shutdown).await.unwrap_err();
    assert!(error.to_string().contains("`now and then`"), "{error}");
}

#[tokio::test]
async fn of_two_schedules_each_run_is_done_by_one() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.run().await;
        for round in 1..=3_usize {
            house.hands.advance(Duration::from_secs(15 * 60));
            let (one, other) = (start(&house).await, start(&house).await);
            wait_until("both to be past the run", DEADLINE, async || {
                let runs = house.warehouse.status().await.unwrap().runs;
                runs.iter().filter(|run| run.outcome == Outcome::Succeeded).count() > round
            })
            .await;
            for (service, shutdown) in [one, other] {
                shutdown.cancel();
                service.await.unwrap().unwrap();
            }
            assert_eq!(house.warehouse.status().await.unwrap().runs.len(), round + 1);
        }
    })
    .await;
}
