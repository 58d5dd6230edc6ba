use std::sync::Arc;
use std::time::Duration;

use events::{Bus, NatsBus, NatsSettings, Outbox};
use futures_util::StreamExt;
use sea_orm::{ConnectionTrait, Statement};
use service_kit::clock::Clock;
use service_kit::db::Db;
use test_kit::nats::Server;
use test_kit::{Engine, TestDatabase, wait_until};
use vocabulary::Secret;

use crate::store::{Notes, PRODUCER, Running, consumer, open, seen, wait_for, write};

/// How soon after the bus has returned everybody knows everything.
const RETURN: Duration = Duration::from_secs(60);

async fn bus(server: &Server) -> Arc<dyn Bus> {
    let settings = NatsSettings { url: Secret::new(server.url()), replicas: 1 };
    Arc::new(NatsBus::connect(&settings).await.unwrap())
}

/// Up to where the bus was told.
async fn published(db: &Db) -> i64 {
    let head = Statement::from_string(db.backend(), "SELECT published FROM outbox_head");
    db.read().query_one_raw(head).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

#[tokio::test]
async fn an_event_crosses_the_bus() {
    let server = Server::start().await;
    let database = TestDatabase::alone(Engine::Postgres).await;
    let db = open(database.url()).await;
    let outbox = Outbox::new(db.clone(), PRODUCER);
    let bus = bus(&server).await;
    let mut subscription = None;
    wait_until("a subscription", RETURN, async || {
        subscription = bus.subscribe(PRODUCER).await.ok();
        subscription.is_some()
    })
    .await;
    let relay = Running::relay(&outbox, &bus);
    write(&db, &outbox, 1..=3).await;
    let mut heard = subscription.unwrap();
    for expected in 1..=3 {
        let event = tokio::time::timeout(RETURN, heard.next()).await.unwrap().unwrap();
        assert_eq!((event.sequence, event.version, event.producer.as_str()), (expected, expected, PRODUCER));
    }
    relay.stop().await;
}

#[tokio::test]
async fn a_bus_that_is_killed_and_its_store_wiped_in_mid_traffic_loses_nothing() {
    let mut server = Server::start().await;
    let database = TestDatabase::alone(Engine::Postgres).await;
    let db = open(database.url()).await;
    let outbox = Outbox::new(db.clone(), PRODUCER);
    let bus = bus(&server).await;
    let notes = Arc::new(Notes::default());
    let listening = consumer(&db, &Clock::system(), Arc::new(outbox.clone()), bus.clone(), &notes);
    let running = [Running::relay(&outbox, &bus), Running::consumer(listening)];
    write(&db, &outbox, 1..=50).await;
    wait_until("the bus to carry some", RETURN, async || published(&db).await > 0).await;
    server.kill();
    write(&db, &outbox, 51..=100).await;
    assert_eq!(wait_for(&db, 100).await.len(), 100, "without a bus they come from the feed");
    server.wipe();
    server.resume().await;
    write(&db, &outbox, 101..=150).await;
    wait_until("the bus to carry them again", RETURN, async || published(&db).await == 150).await;
    assert_eq!(wait_for(&db, 150).await, (1..=150).collect::<Vec<_>>());
    for work in running {
        work.stop().await;
    }
    assert_eq!(seen(&db).await.len(), 150);
}

#[tokio::test]
async fn a_service_starts_without_its_bus_and_finds_it_later() {
    let mut server = Server::start().await;
    server.kill();
    let database = TestDatabase::on(Engine::Sqlite).await;
    let db = open(database.url()).await;
    let outbox = Outbox::new(db.clone(), PRODUCER);
    let bus = bus(&server).await;
    assert!(bus.subscribe(PRODUCER).await.is_err());
    let relay = Running::relay(&outbox, &bus);
    write(&db, &outbox, 1..=5).await;
    server.resume().await;
    wait_until("the bus to carry them", RETURN, async || published(&db).await == 5).await;
    relay.stop().await;
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_without_repeating_it() {
    let settings = NatsSettings { url: Secret::new("nats://user:hush@:x:y"), replicas: 1 };
    let error = NatsBus::connect(&settings).await.map(drop).unwrap_err().to_string();
    assert!(error.contains("not understood") && !error.contains("hush"), "{error}");
}
