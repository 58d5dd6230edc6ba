use sea_orm::{ConnectionTrait, DbErr, Statement};
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
    let row = connection.query_one_raw(Statement::from_string(sea_orm::DbBackend::Sqlite, sql)).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}
