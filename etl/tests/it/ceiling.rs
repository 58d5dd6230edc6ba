//! A writer that is idle in its transaction: nothing is lost, and somebody is told.

use std::sync::Arc;
use std::time::Duration;

use etl::Deps;
use serde_json::json;
use service_kit::ops::Ops;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use test_kit::http::Client;
use test_kit::{Engine, TestDatabase, wait_until};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use user_api::FakeUsers;
use vocabulary::Secret;

use crate::support::{DEADLINE, House};

/// The age of the ceiling as Prometheus sees it.
async fn age(ops: &Client) -> Option<f64> {
    let metrics = String::from_utf8(ops.get("/metrics").await.expect(200).body).unwrap();
    let line = metrics.lines().find(|line| line.contains("etl_ceiling_age_seconds{source=\"users\"}"))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

#[tokio::test]
async fn a_writer_that_is_idle_in_its_transaction_is_told_of_and_loses_nothing() {
    let house = House::on(TestDatabase::alone(Engine::Postgres).await).await;
    house.run().await;
    let mut slow = PgConnection::connect(house.sources.url.expose()).await.unwrap();
    slow.execute("BEGIN").await.unwrap();
    slow.execute(AssertSqlSafe(house.sources.user(1, 10))).await.unwrap();
    house.sources.add_user(2).await;

    // As a role that is not told how old the transactions of others are, which is the usual one.
    let plain = "CREATE ROLE plain LOGIN PASSWORD 'plain'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain";
    house.sources.run(plain).await;
    let (_, at) = house.sources.url.expose().split_once('@').unwrap();
    let url = Secret::new(format!("postgres://plain:plain@{at}"));
    let config = etl::Config {
        users_database_url: url.clone(),
        inventory_database_url: url.clone(),
        orders_database_url: url.clone(),
        payments_database_url: url,
        ..house.config.clone()
    };
    let ops_listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ops_at = Client::new(format!("http://{}", ops_listener.local_addr().unwrap()));
    // A service for each run, because a schedule looks at its clock every twenty seconds only.
    let run = async |ops: &Ops, runs: usize| {
        house.hands.advance(Duration::from_secs(15 * 60));
        let shutdown = CancellationToken::new();
        let deps = Deps { clock: house.clock.clone(), ops: ops.clone(), users: Arc::new(FakeUsers::default()) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let service = tokio::spawn(etl::run(config.clone(), deps, listener, shutdown.clone()));
        wait_until("the run to end", DEADLINE, async || {
            let ended = house.warehouse.status().await.unwrap().runs;
            ended.iter().filter(|run| run.outcome == etl::Outcome::Succeeded).count() == runs
        })
        .await;
        shutdown.cancel();
        service.await.unwrap().unwrap();
    };
    let ops = |name: &'static str| Ops::new(name, CancellationToken::new());
    let (first, second) = (ops("first"), ops("second"));
    run(&first, 2).await;
    run(&second, 3).await;
    let stop = CancellationToken::new();
    let serving = tokio::spawn(second.serve(ops_listener, stop.clone()));
    let seen = age(&ops_at).await.expect("there is such a gauge");
    assert!((900.0..1_000.0).contains(&seen), "met a quarter of an hour ago: {seen}");

    slow.execute("COMMIT").await.unwrap();
    house.run_until("SELECT count(DISTINCT id) FROM raw_users", json!(2)).await;
    assert!(house.warehouse.reconcile(&|_| {}).await.unwrap().is_equal());
    stop.cancel();
    serving.await.unwrap().unwrap();
}
