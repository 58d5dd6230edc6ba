use std::time::Duration;

use chrono::DateTime;
use sea_orm::{ConnectionTrait, DbErr, Statement};
use sea_orm_migration::prelude::*;
use service_kit::db::idempotency::{Claim, KeyedRequest, StoredAnswer, claim, create_table, keep};
use service_kit::db::{DatabaseSettings, Db};
use test_kit::{Engine, TestDatabase, on_every_database};
use uuid::Uuid;
use vocabulary::Secret;

struct Migrations;

#[async_trait::async_trait]
impl MigratorTrait for Migrations {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Keys)]
    }
}

struct Keys;

impl MigrationName for Keys {
    fn name(&self) -> &'static str {
        "m1_keys"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Keys {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_table(manager).await
    }
}

fn request(caller: u128, key: &str, body: &str) -> KeyedRequest {
    KeyedRequest::new(Uuid::from_u128(caller), "POST /things", key.to_owned(), body.as_bytes())
}

fn answer() -> StoredAnswer {
    StoredAnswer { status: 201, headers: vec![("etag".into(), "\"1\"".into())], body: b"{}".to_vec() }
}

#[tokio::test]
async fn a_key_replays_for_its_caller_and_body_for_a_day() {
    on_every_database(async |database| {
        let db = open(&database).await;
        let now = DateTime::UNIX_EPOCH + Duration::from_hours(400_000);
        let first = request(1, "k", "body");
        let tx = db.begin().await.unwrap();
        assert_eq!(claim(&tx, &first, now).await.unwrap(), Claim::Fresh);
        keep(&tx, &first, &answer(), now).await.unwrap();
        tx.commit().await.unwrap();

        let tx = db.begin().await.unwrap();
        assert_eq!(claim(&tx, &first, now).await.unwrap(), Claim::Replay(answer()));
        assert_eq!(claim(&tx, &request(1, "k", "other"), now).await.unwrap(), Claim::OtherBody);
        assert_eq!(claim(&tx, &request(2, "k", "body"), now).await.unwrap(), Claim::Fresh);
        let tomorrow = now + Duration::from_hours(24);
        assert_eq!(claim(&tx, &first, tomorrow).await.unwrap(), Claim::Fresh);
        keep(&tx, &first, &answer(), tomorrow).await.unwrap();
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_answer_falls_with_the_transaction_of_its_effect() {
    on_every_database(async |database| {
        let db = open(&database).await;
        let now = DateTime::UNIX_EPOCH;
        let first = request(1, "k", "body");
        let tx = db.begin().await.unwrap();
        keep(&tx, &first, &answer(), now).await.unwrap();
        tx.rollback().await.unwrap();
        let tx = db.begin().await.unwrap();
        assert_eq!(claim(&tx, &first, now).await.unwrap(), Claim::Fresh);
    })
    .await;
}

#[tokio::test]
async fn a_key_in_the_hands_of_another_transaction_is_in_flight() {
    let database = TestDatabase::on(Engine::Postgres).await;
    let db = open(&database).await;
    let first = request(1, "k", "body");
    let working = db.begin().await.unwrap();
    assert_eq!(claim(&working, &first, DateTime::UNIX_EPOCH).await.unwrap(), Claim::Fresh);
    let second = db.begin().await.unwrap();
    assert_eq!(claim(&second, &first, DateTime::UNIX_EPOCH).await.unwrap(), Claim::InFlight);
}

#[tokio::test]
async fn who_repeats_an_answer_makes_nobody_wait_for_it() {
    let database = TestDatabase::on(Engine::Postgres).await;
    let db = open(&database).await;
    let (first, now) = (request(1, "k", "body"), DateTime::UNIX_EPOCH);
    let tx = db.begin().await.unwrap();
    keep(&tx, &first, &answer(), now).await.unwrap();
    tx.commit().await.unwrap();
    let repeating = db.begin().await.unwrap();
    assert_eq!(claim(&repeating, &first, now).await.unwrap(), Claim::Replay(answer()));
    let second = db.begin().await.unwrap();
    assert_eq!(claim(&second, &first, now).await.unwrap(), Claim::Replay(answer()));
    assert_eq!(claim(&second, &request(1, "k", "other"), now).await.unwrap(), Claim::OtherBody);
}

#[tokio::test]
async fn answers_that_have_expired_are_dropped_in_the_end() {
    on_every_database(async |database| {
        let db = open(&database).await;
        let tx = db.begin().await.unwrap();
        for number in 0..20 {
            keep(&tx, &request(1, &format!("old-{number}"), "body"), &answer(), DateTime::UNIX_EPOCH).await.unwrap();
        }
        let tomorrow = DateTime::UNIX_EPOCH + Duration::from_hours(24);
        for number in 0..300 {
            keep(&tx, &request(1, &format!("new-{number}"), "body"), &answer(), tomorrow).await.unwrap();
        }
        let count = Statement::from_string(tx.get_database_backend(), "SELECT count(*) FROM idempotency");
        let rows: i64 = tx.query_one_raw(count).await.unwrap().unwrap().try_get_by_index(0).unwrap();
        assert_eq!(rows, 300);
    })
    .await;
}

async fn open(database: &TestDatabase) -> Db {
    let settings = DatabaseSettings { url: Secret::new(database.url()), max_connections: 3 };
    Db::open::<Migrations>(&settings).await.unwrap()
}
