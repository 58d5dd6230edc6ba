//! Sources that were put back to an earlier state, here or elsewhere, and have gone another way since.

use std::path::Path;
use std::process::Command;

use etl::{Config, LoadKind, Verdict, Warehouse};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use test_kit::{Engine, on_every_database, postgres};
use vocabulary::Secret;

use crate::support::{House, did};

/// The source as it was when it was backed up, in a place of its own.
enum Restored {
    Sqlite(String),
    Postgres(postgres::Server),
}

impl Restored {
    async fn from(house: &House) -> Self {
        let path = house.folder().join("restored.db");
        if house.sources.engine == Engine::Sqlite {
            house.sources.run(&format!("VACUUM INTO '{}'", path.display())).await;
            return Self::Sqlite(format!("sqlite:{}", path.display()));
        }
        // Nothing but this test runs in it, so that all that has ended is below its watermark.
        let server = tokio::task::spawn_blocking(|| postgres::Server::start(&["autovacuum=off"])).await.unwrap();
        let dump = house.folder().join("dump.sql");
        command("pg_dump", &["--file", text(&dump), "--dbname", house.sources.url.expose()]);
        command("psql", &["--quiet", "--set", "ON_ERROR_STOP=1", "--file", text(&dump), "--dbname", server.url()]);
        Self::Postgres(server)
    }

    fn url(&self) -> &str {
        match self {
            Self::Sqlite(url) => url,
            Self::Postgres(server) => server.url(),
        }
    }

    async fn run(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(url) => SqliteConnection::connect(url).await.unwrap().execute(sql).await.map(drop).unwrap(),
            Self::Postgres(server) => {
                PgConnection::connect(server.url()).await.unwrap().execute(sql).await.map(drop).unwrap();
            }
        }
    }

    /// Brings its numbers past those the warehouse has seen, so that no watermark alone tells that they mean other changes.
    async fn overtake(&self, watermark: i64) {
        if let Self::Postgres(server) = self {
            let mut connection = PgConnection::connect(server.url()).await.unwrap();
            let burn = format!(
                "DO $$ BEGIN WHILE pg_current_xact_id()::text::bigint <= {watermark} LOOP COMMIT; END LOOP; END $$"
            );
            connection.execute(AssertSqlSafe(burn)).await.unwrap();
        }
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn command(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

fn over(house: &House, source: &Restored) -> Config {
    let url = Secret::new(source.url());
    Config {
        users_database_url: url.clone(),
        inventory_database_url: url.clone(),
        orders_database_url: url.clone(),
        payments_database_url: url,
        ..house.config.clone()
    }
}

#[tokio::test]
async fn a_source_that_was_restored_elsewhere_and_went_on_is_read_again_whole() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        for user in 1..=3 {
            house.sources.add_user(user).await;
        }
        house.run().await;
        let restored = Restored::from(&house).await;
        // What the backup does not have; the warehouse has read it.
        for user in 4..=6 {
            house.sources.add_user(user).await;
        }
        let last = house.run().await;
        // The restored source goes another way for longer than the lost one had gone.
        restored.overtake(last.tables[0].watermark).await;
        for user in 7..=20 {
            restored.run(&house.sources.user(user, 30)).await;
        }
        let warehouse = Warehouse::open(&over(&house, &restored), house.clock.clone()).await.unwrap();
        let outcome = warehouse.reconcile(&|_| {}).await.unwrap();
        assert_eq!(outcome.tables[0].verdict, Verdict::NotCompared, "it waits for the next run");
        let report = warehouse.run_once(&|_| {}).await.unwrap();
        assert_eq!(did(&report, "raw_users"), (LoadKind::Reload, 17, 3), "three are gone");
        assert!(report.tables[0].watermark > last.tables[0].watermark, "the numbers alone say nothing");
        let outcome = warehouse.reconcile(&|_| {}).await.unwrap();
        assert!(outcome.is_equal(), "{outcome:?}");
        assert_eq!(outcome.tables[0].source_rows, 17);
        // Once is enough.
        let report = warehouse.run_once(&|_| {}).await.unwrap();
        assert_eq!(did(&report, "raw_users").0, LoadKind::Unchanged);
        restored.run(&house.sources.user(21, 40)).await;
        let report = warehouse.run_once(&|_| {}).await.unwrap();
        assert_eq!(did(&report, "raw_users"), (LoadKind::Changes, 1, 0));
        let current = "SELECT count(*) FROM dim_user WHERE is_current AND user_key <> '-1'";
        assert_eq!(house.value(current).await, json!(18));
    })
    .await;
}
