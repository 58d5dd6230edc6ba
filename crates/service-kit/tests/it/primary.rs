//! Two PostgreSQL servers of which one takes writes, and what a service notices when that changes.

use std::time::Duration;

use sea_orm::{ConnectionTrait, Database, DatabaseTransaction, DbBackend, DbErr, Statement};
use sea_orm_migration::prelude::*;
use service_kit::db::{DatabaseSettings, Db, to_problem};
use test_kit::postgres::{End, Pair, Server};
use test_kit::wait_until;
use tokio::task::{JoinSet, spawn_blocking};
use vocabulary::Secret;

/// Far more than it takes; the limit itself is a matter of the soak test of the inventory.
const DEADLINE: Duration = Duration::from_secs(60);

const CONNECTIONS: u32 = 4;

struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Notes)]
    }
}

struct Notes;

impl MigrationName for Notes {
    fn name(&self) -> &'static str {
        "m1_notes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Notes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let id = ColumnDef::new("id").integer().not_null().primary_key().to_owned();
        manager.create_table(Table::create().table("notes").col(id).to_owned()).await
    }
}

async fn open(url: &str) -> Db {
    let settings = DatabaseSettings { url: Secret::new(url), max_connections: CONNECTIONS };
    Db::open::<Migrator>(&settings).await.unwrap()
}

async fn insert(db: &impl ConnectionTrait, id: i32) -> Result<(), DbErr> {
    db.execute_unprepared(&format!("INSERT INTO notes VALUES ({id})")).await.map(drop)
}

async fn write(db: &Db, id: i32) -> Result<(), DbErr> {
    let tx: DatabaseTransaction = db.begin().await?;
    insert(&tx, id).await?;
    tx.commit().await
}

async fn written(db: &Db) -> Vec<i32> {
    let statement = Statement::from_string(DbBackend::Postgres, "SELECT id FROM notes ORDER BY id");
    let rows = db.read().query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// Writes one row, again and again until it is acknowledged.
async fn comes_back(db: &Db, id: i32) {
    wait_until("writes", DEADLINE, async || match write(db, id).await {
        Ok(()) => true,
        // Acknowledged by an answer that was lost.
        Err(error) if error.to_string().contains("duplicate key") => true,
        Err(error) => {
            assert_eq!(to_problem(&error).kind(), problem::Kind::Unavailable, "{error}");
            false
        }
    })
    .await;
}

#[tokio::test]
async fn writes_go_on_at_the_promoted_standby() {
    let mut pair = Pair::start().await;
    let db = open(&pair.url()).await;
    write(&db, 1).await.unwrap();
    let old = pair.fail_over(End::Crash).await;
    comes_back(&db, 2).await;
    assert_eq!(written(&db).await, [1, 2]);
    db.ping().await.unwrap();

    pair.rebuild(old).await;
    write(&db, 3).await.unwrap();
    let _old = pair.fail_over(End::Crash).await;
    comes_back(&db, 4).await;
    assert_eq!(written(&db).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_primary_that_hangs_takes_no_connection_with_it() {
    let mut pair = Pair::start().await;
    let db = open(&pair.url()).await;
    let mut begun = Vec::new();
    for _ in 0..CONNECTIONS {
        begun.push(db.begin().await.unwrap());
    }
    let waiting = tokio::spawn({
        let db = db.clone();
        async move { while write(&db, 1).await.is_err() {} }
    });
    let _old = pair.fail_over(End::Freeze).await;
    let mut hanging = JoinSet::new();
    let worker = begun.pop().unwrap();
    for (id, tx) in (10..).zip(begun) {
        hanging.spawn(async move { insert(&tx, id).await });
    }
    // What nobody waits for is told, so that it begins again.
    db.while_it_lasts(async move { insert(&worker, 20).await }).await.unwrap_err();
    comes_back(&db, 2).await;
    waiting.await.unwrap();
    assert_eq!(written(&db).await, [1, 2]);
    assert!(hanging.try_join_next().is_none(), "the old server still says nothing");
}

#[tokio::test]
async fn connections_to_a_demoted_primary_are_dropped_which_pings_alone_would_keep() {
    let mut pair = Pair::start().await;
    let db = open(&pair.url()).await;
    let naive = Database::connect(pair.primary_url()).await.unwrap();
    write(&db, 1).await.unwrap();
    insert(&naive, 2).await.unwrap();

    pair.demote().await;
    let _old = pair.promote().await;
    comes_back(&db, 3).await;
    assert_eq!(written(&db).await, [1, 2, 3]);
    naive.ping().await.unwrap();
    let refusal = insert(&naive, 4).await.unwrap_err();
    assert!(refusal.to_string().contains("read-only"), "{refusal}");
    assert_eq!(to_problem(&refusal).kind(), problem::Kind::Unavailable);
}

#[tokio::test]
async fn a_commit_that_waits_for_no_standby_is_lost_with_its_primary() {
    let mut pair = Pair::start().await;
    let db = open(&pair.url()).await;
    write(&db, 1).await.unwrap();
    pair.part().await;
    write(&db, 2).await.unwrap();
    let _old = pair.fail_over(End::Crash).await;
    comes_back(&db, 3).await;
    assert_eq!(written(&db).await, [1, 3], "which is what a synchronous standby is for");
}

#[tokio::test]
async fn without_a_primary_work_is_refused_as_unavailable() {
    let mut server = spawn_blocking(|| Server::start(&[])).await.unwrap();
    let db = open(server.url()).await;
    server.crash();
    let away = "is known to be away";
    wait_until(away, DEADLINE, async || db.ping().await.is_err_and(|reason| reason.contains("takes writes"))).await;
    let refusal = to_problem(&write(&db, 1).await.unwrap_err());
    assert_eq!(refusal.kind(), problem::Kind::Unavailable);
    assert!(refusal.headers().contains_key("retry-after"));
}
