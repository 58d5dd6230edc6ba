//! Statements that change many rows at once.

use std::io::Write as _;
use std::process::{Command, Stdio};

use etl::LoadKind;
use serde_json::json;
use test_kit::{Engine, on_every_database};

use crate::source::at;
use crate::support::{House, did};

/// More rows than a batch holds.
const MANY: u64 = 20_000;

/// The statement that adds so many users.
pub(crate) fn insert(house: &House, users: u64) -> String {
    let id = match house.sources.engine {
        Engine::Sqlite => "unhex(printf('0190000000007000800000%010x', n))",
        Engine::Postgres => "('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid",
    };
    format!(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {users})
         INSERT INTO users (id, role, status, created_at, updated_at, version)
         SELECT {id}, 'member', 'active', '{0}', '{0}', 1 FROM numbers",
        at(0)
    )
}

#[tokio::test]
async fn what_many_rows_at_once_became_is_there_row_by_row() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.run().await;
        house.sources.run(&insert(&house, MANY)).await;
        let report = house.run().await;
        assert_eq!(did(&report, "raw_users"), (LoadKind::Changes, MANY, 0));
        house.sources.run(&format!("UPDATE users SET version = version + 1, updated_at = '{}'", at(60))).await;
        let report = house.run().await;
        assert_eq!(did(&report, "raw_users").1, MANY);
        assert_eq!(house.value("SELECT count(*) FROM dim_user").await, json!(MANY + 1), "nothing anybody asks for");
        house.sources.run("DELETE FROM users").await;
        let report = house.run().await;
        assert_eq!(did(&report, "raw_users"), (LoadKind::Changes, 0, MANY));
        let outcome = house.warehouse.reconcile(&|_| {}).await.unwrap();
        assert!(outcome.is_equal(), "{outcome:?}");
    })
    .await;
}

#[tokio::test]
async fn what_copy_brings_is_there() {
    let house = House::on_engine(Engine::Postgres).await;
    house.run().await;
    let sql = "COPY users (id, role, status, created_at, updated_at, version) FROM STDIN (FORMAT csv)";
    let mut copy = Command::new("psql")
        .args(["--quiet", "--set", "ON_ERROR_STOP=1", "--command", sql, "--dbname", house.sources.url.expose()])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut rows = copy.stdin.take().unwrap();
    for number in 1..=500 {
        writeln!(rows, "{},member,active,{1},{1},1", crate::source::id(number), at(0)).unwrap();
    }
    drop(rows);
    assert!(copy.wait().unwrap().success());
    let report = house.run().await;
    assert_eq!(did(&report, "raw_users"), (LoadKind::Changes, 500, 0));
    assert!(house.warehouse.reconcile(&|_| {}).await.unwrap().is_equal());
}

#[tokio::test]
async fn what_was_undone_is_not_there_and_what_was_kept_is() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.run().await;
        let user = |number| house.sources.user(number, 0);
        let kept = format!(
            "BEGIN; {}; SAVEPOINT one; {}; SAVEPOINT two; {}; ROLLBACK TO two; {}; RELEASE one; COMMIT",
            user(1),
            user(2),
            user(3),
            user(4)
        );
        house.sources.run(&kept).await;
        house.sources.run(&format!("BEGIN; {}; DELETE FROM users; ROLLBACK", user(5))).await;
        let report = house.run().await;
        assert_eq!(did(&report, "raw_users"), (LoadKind::Changes, 3, 0));
        assert!(house.warehouse.reconcile(&|_| {}).await.unwrap().is_equal());
    })
    .await;
}
