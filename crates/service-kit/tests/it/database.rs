use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::prelude::*;
use service_kit::db::{DatabaseSettings, Db, OpenError};
use test_kit::{Engine, TestDatabase, on_every_database};
use vocabulary::Secret;

struct Old;
struct New;

#[async_trait::async_trait]
impl MigratorTrait for Old {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Notes("m1_note"))]
    }
}

#[async_trait::async_trait]
impl MigratorTrait for New {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Notes("m1_note")), Box::new(Notes("m2_note"))]
    }
}

struct Notes(&'static str);

impl MigrationName for Notes {
    fn name(&self) -> &str {
        self.0
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Notes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let id = ColumnDef::new("id").integer().not_null().primary_key().to_owned();
        manager.create_table(Table::create().table(self.0).col(id).to_owned()).await
    }
}

fn settings(url: &str) -> DatabaseSettings {
    DatabaseSettings { url: Secret::new(url), max_connections: 4 }
}

#[tokio::test]
async fn ten_instances_that_start_at_once_migrate_once() {
    let database = TestDatabase::on(Engine::Postgres).await;
    let openings = (0..10).map(|_| {
        let settings = settings(database.url());
        tokio::spawn(async move { Db::open::<New>(&settings).await.map(drop) })
    });
    for opening in openings.collect::<Vec<_>>() {
        opening.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn an_older_program_refuses_a_newer_database() {
    on_every_database(async |database| {
        Db::open::<New>(&settings(database.url())).await.unwrap().close().await.unwrap();
        let refusal = Db::open::<Old>(&settings(database.url())).await.unwrap_err();
        assert!(matches!(refusal, OpenError::Newer { .. }), "{refusal}");
        assert!(refusal.to_string().contains("newer Lendery"), "{refusal}");
    })
    .await;
}

#[tokio::test]
async fn a_damaged_file_is_named_with_the_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("users.db");
    for damage in [&b"no database at all, but long enough to be looked at "[..], &[0xff; 4096]] {
        std::fs::write(&file, damage.repeat(4)).unwrap();
        let refusal = Db::open::<Old>(&settings(&format!("sqlite:{}", file.display()))).await.unwrap_err();
        assert!(matches!(refusal, OpenError::Damaged { .. }), "{refusal}");
        assert!(refusal.to_string().contains("backup"), "{refusal}");
    }
}

#[tokio::test]
async fn what_cannot_be_opened_is_named_without_its_password() {
    for (url, word) in [
        ("sqlite:/nowhere/at/all.db", "/nowhere/at/all.db"),
        ("mysql://somewhere", "postgres://"),
        ("postgres://lendery:hush@127.0.0.1:1/users", "127.0.0.1:1"),
    ] {
        let refusal = Db::open::<Old>(&settings(url)).await.unwrap_err().to_string();
        assert!(refusal.contains(word), "{refusal}");
        assert!(!refusal.contains("hush"), "{refusal}");
    }
}

#[tokio::test]
async fn sqlite_runs_with_the_settings_that_lose_nothing() {
    let database = TestDatabase::on(Engine::Sqlite).await;
    let db = Db::open::<Old>(&settings(database.url())).await.unwrap();
    for (pragma, wanted) in [("synchronous", 2), ("foreign_keys", 1), ("recursive_triggers", 1)] {
        let tx = db.begin().await.unwrap();
        assert_eq!(setting(&tx, pragma).await, wanted, "{pragma} of the writer");
        tx.rollback().await.unwrap();
        assert_eq!(setting(db.read(), pragma).await, wanted, "{pragma} of a reader");
    }
}

async fn setting(connection: &impl ConnectionTrait, pragma: &str) -> i32 {
    let sql = format!("PRAGMA {pragma}");
    let row = connection.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// A row that takes several pages.
const INSERT: &str = "INSERT INTO notes (id, text) VALUES (?, zeroblob(20000))";

async fn insert(tx: &DatabaseTransaction, id: i32) -> Result<(), DbErr> {
    tx.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, INSERT, [id.into()])).await.map(drop)
}

/// Writes rows while the disk fills and after it has room again, with a change that is given up in between, and returns
/// those that were acknowledged and those that another connection then sees.
async fn through_a_full_disk(
    begin: impl AsyncFn() -> Result<DatabaseTransaction, DbErr>,
    reader: &DatabaseConnection,
) -> (Vec<i32>, Vec<i32>) {
    let tx = begin().await.unwrap();
    tx.execute_unprepared("CREATE TABLE notes (id INTEGER PRIMARY KEY, text BLOB)").await.unwrap();
    tx.commit().await.unwrap();
    let mut acknowledged = Vec::new();
    let mut refused = 0;
    for id in 0..60 {
        // As on a small disk: the limit holds for whichever connection writes, and goes away in the end.
        let pages = if id < 40 { 60 } else { 1_000_000 };
        let written = async {
            let tx = begin().await?;
            tx.execute_unprepared(&format!("PRAGMA max_page_count = {pages}")).await?;
            insert(&tx, id).await?;
            if id % 5 == 0 { tx.rollback().await.map(|()| false) } else { tx.commit().await.map(|()| true) }
        };
        match written.await {
            Ok(true) => acknowledged.push(id),
            Ok(false) => {}
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 0, "the disk was never full");
    let ids = Statement::from_string(DbBackend::Sqlite, "SELECT id FROM notes ORDER BY id");
    let rows = reader.query_all_raw(ids).await.unwrap();
    (acknowledged, rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect())
}

#[tokio::test]
async fn what_is_acknowledged_around_a_full_disk_is_kept() {
    let database = TestDatabase::on(Engine::Sqlite).await;
    let db = Db::open::<Old>(&settings(database.url())).await.unwrap();
    let reader = Database::connect(database.url()).await.unwrap();
    let (acknowledged, seen) = through_a_full_disk(async || db.begin().await, &reader).await;
    assert_eq!(acknowledged, seen);
    assert!(
        (41..60).filter(|id| id % 5 != 0).all(|id| seen.contains(&id)),
        "with room again everything is taken: {seen:?}"
    );
}

#[tokio::test]
async fn a_pool_that_keeps_its_connections_loses_acknowledged_writes_after_a_full_disk() {
    let database = TestDatabase::on(Engine::Sqlite).await;
    Db::open::<Old>(&settings(database.url())).await.unwrap().close().await.unwrap();
    let reader = Database::connect(database.url()).await.unwrap();
    let naive = Database::connect(ConnectOptions::new(database.url()).max_connections(1).to_owned()).await.unwrap();
    let begin = async || {
        let sqlite_transaction_mode = Some(SqliteTransactionMode::Immediate);
        naive.begin_with_options(TransactionOptions { sqlite_transaction_mode, ..TransactionOptions::default() }).await
    };
    let (acknowledged, seen) = through_a_full_disk(begin, &reader).await;
    assert!(seen.len() < acknowledged.len(), "the naive pool is well now: {acknowledged:?}, {seen:?}");
}
