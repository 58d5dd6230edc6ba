//! A database with the tables of a producer and of a consumer, and a consumer that notes what it sees.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use events::{Bus, Consumer, Event, Feed, FeedError, FeedPage, Handler, HandlerError, Names, NewEvent, Outbox, Relay};
use sea_orm::{DatabaseTransaction, DbBackend};
use sea_orm_migration::prelude::*;
use service_kit::clock::{Clock, Hands};
use service_kit::db::{DatabaseSettings, Db};
use test_kit::wait_until;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use vocabulary::Secret;

/// Longer than anything here takes.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// The name of the producer in all tests.
pub(crate) const PRODUCER: &str = "shop";

pub(crate) struct Migrator;

#[derive(DeriveMigrationName)]
struct Tables;

#[async_trait]
impl MigrationTrait for Tables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        events::create_outbox(manager).await?;
        events::create_inbox(manager).await?;
        let position = match manager.get_database_backend() {
            DbBackend::Postgres => "bigint GENERATED ALWAYS AS IDENTITY",
            _ => "integer PRIMARY KEY AUTOINCREMENT",
        };
        let seen = format!("CREATE TABLE seen (position {position}, sequence bigint NOT NULL);");
        manager.get_connection().execute_unprepared(&seen).await.map(drop)
    }
}

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Tables)]
    }
}

pub(crate) async fn open(url: &str) -> Db {
    Db::open::<Migrator>(&DatabaseSettings { url: Secret::new(url), max_connections: 8 }).await.unwrap()
}

pub(crate) fn clock() -> (Clock, Hands) {
    Clock::manual(chrono::DateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000))
}

/// An event of an order, with its number as the version.
pub(crate) fn event(number: i64) -> NewEvent {
    NewEvent {
        id: Uuid::from_u128(number.unsigned_abs().into()),
        r#type: "order.placed",
        aggregate: "order",
        aggregate_id: Uuid::nil(),
        version: number,
        before: None,
        after: Some(serde_json::json!({ "number": number })),
        occurred_at: chrono::DateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000),
    }
}

/// Writes these events, each in a transaction of its own.
pub(crate) async fn write(db: &Db, outbox: &Outbox, numbers: impl IntoIterator<Item = i64>) {
    for number in numbers {
        let tx = db.begin().await.unwrap();
        outbox.append(&tx, event(number)).await.unwrap();
        tx.commit().await.unwrap();
        outbox.wake();
    }
}

/// The versions of all events in the feed, in its order.
pub(crate) async fn versions(feed: &impl Feed) -> Vec<i64> {
    let (mut versions, mut after) = (Vec::new(), 0);
    loop {
        let page = feed.after(after).await.unwrap();
        versions.extend(page.events.iter().map(|event| event.version));
        let Some(last) = page.events.last() else { return versions };
        after = last.sequence;
    }
}

/// Background work that ends with the test.
pub(crate) struct Running {
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) fn relay(outbox: &Outbox, bus: &Arc<dyn Bus>) -> Self {
        let shutdown = CancellationToken::new();
        let relay = Relay::new(outbox.clone(), bus.clone(), Clock::system());
        Self { task: tokio::spawn(relay.run(shutdown.clone())), shutdown }
    }

    pub(crate) fn consumer(consumer: Consumer) -> Self {
        let shutdown = CancellationToken::new();
        Self { task: tokio::spawn(consumer.run(shutdown.clone())), shutdown }
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}

/// Writes down the sequence of each event it handles, in the transaction it is given, and fails as it is told.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    failing: Mutex<HashMap<i64, u32>>,
    missed: AtomicU64,
}

impl Notes {
    /// Fails so many times on the event with this version.
    pub(crate) fn fail(&self, version: i64, times: u32) {
        self.failing.lock().unwrap().insert(version, times);
    }

    /// How often it was told that events are gone.
    pub(crate) fn missed(&self) -> u64 {
        self.missed.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Handler for Notes {
    async fn handle(&self, tx: &DatabaseTransaction, event: &Event) -> Result<(), HandlerError> {
        let note =
            Query::insert().into_table("seen").columns(["sequence"]).values_panic([event.sequence.into()]).take();
        tx.execute(&note).await?;
        if let Some(left) = self.failing.lock().unwrap().get_mut(&event.version).filter(|left| **left > 0) {
            *left -= 1;
            return Err("told to fail".into());
        }
        Ok(())
    }

    async fn missed(&self, _: &DatabaseTransaction, _: &str) -> Result<(), HandlerError> {
        self.missed.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// The sequences that were noted and committed, in the order of handling.
pub(crate) async fn seen(db: &Db) -> Vec<i64> {
    let all = Query::select().from("seen").column("sequence").order_by("position", Order::Asc).take();
    let rows = db.read().query_all(&all).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// Waits until so many were noted, and answers them.
pub(crate) async fn wait_for(db: &Db, count: usize) -> Vec<i64> {
    wait_until("the events to be handled", DEADLINE, async || seen(db).await.len() >= count).await;
    seen(db).await
}

/// A feed that can be switched off.
#[derive(Debug)]
pub(crate) struct Switched {
    pub(crate) outbox: Outbox,
    pub(crate) off: AtomicBool,
    /// How often it was asked.
    pub(crate) asked: AtomicU64,
}

#[async_trait]
impl Feed for Switched {
    async fn after(&self, sequence: i64) -> Result<FeedPage, FeedError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.off.load(Ordering::SeqCst) {
            return Err(FeedError::Database(DbErr::Custom("switched off".to_owned())));
        }
        self.outbox.after(sequence).await
    }
}

/// A consumer of the producer in all tests.
pub(crate) fn consumer(db: &Db, clock: &Clock, feed: Arc<dyn Feed>, bus: Arc<dyn Bus>, notes: &Arc<Notes>) -> Consumer {
    let names = Names { consumer: "desk", producer: PRODUCER };
    Consumer::new(db.clone(), clock.clone(), names, (feed, bus), notes.clone())
}
