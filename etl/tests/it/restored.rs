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
            burn(server.url(), watermark).await;
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

fn over(house: &House, url: &str) -> Config {
    let url = Secret::new(url);
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
        let warehouse = Warehouse::open(&over(&house, restored.url()), house.clock.clone()).await.unwrap();
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

/// Writes nothing, but uses up numbers of transactions up to this one.
async fn burn(url: &str, until: i64) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let burn = format!("DO $$ BEGIN WHILE pg_current_xact_id()::text::bigint <= {until} LOOP COMMIT; END LOOP; END $$");
    connection.execute(AssertSqlSafe(burn)).await.unwrap();
}

/// What a dump brings along was written by transactions whose numbers a younger cluster has yet to give.
#[tokio::test]
async fn changes_of_another_cluster_are_no_news_when_this_one_reaches_their_numbers() {
    let house = House::on_engine(Engine::Postgres).await;
    burn(house.sources.url.expose(), 50_000).await;
    house.sources.add_user(1).await;
    house.sources.add_category(10, "tools", None).await;
    house.sources.add_item(20, 1, 10, 500).await;
    for (second, price) in [(10, 600), (20, 700)] {
        house.sources.set_item(20, &format!("daily_price_minor = {price}"), second).await;
    }
    let foreign = house.run().await.tables[0].watermark;
    let restored = Restored::from(&house).await;
    let warehouse = Warehouse::open(&over(&house, restored.url()), house.clock.clone()).await.unwrap();
    let report = warehouse.run_once(&|_| {}).await.unwrap();
    assert_eq!(did(&report, "raw_items").0, LoadKind::Reload);
    assert!(report.tables[0].watermark < foreign, "it is younger");
    restored.run(&format!("UPDATE items SET daily_price_minor = 900 WHERE id = {}", house.sources.id(20))).await;
    restored.run(&format!("DELETE FROM users WHERE id = {}", house.sources.id(1))).await;
    let report = warehouse.run_once(&|_| {}).await.unwrap();
    assert_eq!(did(&report, "raw_items"), (LoadKind::Changes, 1, 0));
    restored.overtake(foreign).await;
    let report = warehouse.run_once(&|_| {}).await.unwrap();
    for table in ["raw_users", "raw_items"] {
        assert_eq!(did(&report, table).0, LoadKind::Unchanged, "{table}");
    }
    let outcome = warehouse.reconcile(&|_| {}).await.unwrap();
    assert!(outcome.is_equal(), "{outcome:?}");
    let rows: Vec<_> = outcome.tables.iter().map(|table| (table.source_rows, table.pending)).collect();
    assert_eq!(rows[..3], [(0, 0), (1, 0), (1, 0)]);
    assert_eq!(
        house.value("SELECT daily_price_minor FROM dim_item WHERE is_current AND item_key <> '-1'").await,
        json!(900)
    );
}

/// A machine that was put back to a snapshot is the same cluster on the same timeline, and gives the same numbers again.
#[tokio::test]
async fn a_cluster_whose_last_change_is_another_one_is_read_again_whole() {
    let house = House::on_engine(Engine::Postgres).await;
    house.sources.add_user(1).await;
    house.sources.add_user(2).await;
    house.run().await;
    assert_eq!(did(&house.run().await, "raw_users").0, LoadKind::Unchanged);
    house.sources.run("DELETE FROM users WHERE id IN (SELECT id FROM users ORDER BY id DESC LIMIT 1)").await;
    house
        .sources
        .run("DELETE FROM etl_change WHERE seq IN (SELECT seq FROM etl_change ORDER BY seq DESC LIMIT 2)")
        .await;
    assert_eq!(did(&house.run().await, "raw_users"), (LoadKind::Reload, 1, 1));
    assert_eq!(did(&house.run().await, "raw_users").0, LoadKind::Unchanged);
}

/// A recovery to an earlier moment begins another timeline, as a promotion does: nobody knows what of the former one it has.
#[tokio::test]
async fn a_cluster_on_another_timeline_is_read_again_whole() {
    let house = House::on_engine(Engine::Postgres).await;
    house.sources.add_user(1).await;
    let Restored::Postgres(mut primary) = Restored::from(&house).await else { panic!("this is PostgreSQL") };
    let open = async |server: &postgres::Server| {
        Warehouse::open(&over(&house, server.url()), house.clock.clone()).await.unwrap()
    };
    let before = open(&primary).await;
    before.run_once(&|_| {}).await.unwrap();
    let address = format!("--standby-of={}", primary.url());
    let standby = tokio::task::spawn_blocking(move || postgres::Server::start(&[&address])).await.unwrap();
    // Its copy has every change, so that nothing but the timeline tells the two from each other.
    assert_eq!(did(&before.run_once(&|_| {}).await.unwrap(), "raw_users").0, LoadKind::Unchanged);
    assert_eq!(did(&open(&standby).await.run_once(&|_| {}).await.unwrap(), "raw_users").0, LoadKind::Unchanged);
    primary.crash();
    let mut connection = PgConnection::connect(standby.url()).await.unwrap();
    let is_promoted: bool = sqlx::query_scalar("SELECT pg_promote()").fetch_one(&mut connection).await.unwrap();
    assert!(is_promoted);
    let after = open(&standby).await;
    assert_eq!(did(&after.run_once(&|_| {}).await.unwrap(), "raw_users"), (LoadKind::Reload, 1, 0));
    assert_eq!(did(&after.run_once(&|_| {}).await.unwrap(), "raw_users").0, LoadKind::Unchanged, "once is enough");
}
