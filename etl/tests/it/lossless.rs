use serde_json::json;
use sqlx::{Connection, Executor, PgConnection};
use test_kit::Engine;

use crate::source::at;
use crate::support::House;

/// What most tools do, as the negative control: rows whose `updated_at` is later than the latest one seen.
async fn naive(source: &mut PgConnection, since: &str) -> Vec<String> {
    let sql = "SELECT id::text FROM users WHERE updated_at > $1::timestamptz ORDER BY id";
    sqlx::query_scalar(sql).bind(since).fetch_all(source).await.unwrap()
}

#[tokio::test]
async fn a_transaction_that_is_open_during_a_run_loses_nothing() {
    let house = House::on_engine(Engine::Postgres).await;
    house.sources.add_user(1).await;
    house.run().await;
    let mut slow = PgConnection::connect(house.sources.url.expose()).await.unwrap();
    let mut reader = PgConnection::connect(house.sources.url.expose()).await.unwrap();

    slow.execute("BEGIN").await.unwrap();
    slow.execute(sqlx::AssertSqlSafe(house.sources.user(2, 10))).await.unwrap();
    house.sources.run(&house.sources.user(3, 20)).await;
    house.run_now().await;
    let naively_seen = naive(&mut reader, &at(0)).await;
    slow.execute("COMMIT").await.unwrap();

    house.run_until("SELECT count(DISTINCT id) FROM raw_users", json!(3)).await;
    assert_eq!(naively_seen.len(), 1, "the naive cursor has passed second 20");
    let naively_later = naive(&mut reader, &at(20)).await;
    assert!(naively_later.is_empty(), "the naive cursor never sees user 2: {naively_later:?}");
}

#[tokio::test]
async fn rows_that_are_read_twice_are_one_state() {
    let house = House::on_engine(Engine::Postgres).await;
    let mut slow = PgConnection::connect(house.sources.url.expose()).await.unwrap();
    // Whoever holds the oldest transaction keeps the watermark down, so what is committed after it is read once more.
    slow.execute("BEGIN").await.unwrap();
    slow.execute(sqlx::AssertSqlSafe(house.sources.user(1, 10))).await.unwrap();
    house.sources.add_user(2).await;
    house.run_now().await;
    slow.execute("COMMIT").await.unwrap();
    house.run_until("SELECT count(*) FROM raw_users", json!(3)).await;
    assert_eq!(house.value("SELECT count(*) FROM dim_user WHERE user_key <> '-1'").await, json!(2));
}
