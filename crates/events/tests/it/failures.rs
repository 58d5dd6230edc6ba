use std::sync::Arc;
use std::time::Duration;

use events::{Bus, InProcessBus, KEPT, Outbox};
use sea_orm::{ConnectionTrait, Statement};
use service_kit::clock::Clock;
use service_kit::db::Db;
use test_kit::{on_every_database_alone, wait_until};

use crate::store::{DEADLINE, Notes, PRODUCER, Running, clock, consumer, open, seen, versions, wait_for, write};

/// What was put aside: its attempts, and whether it was given up.
async fn put_aside(db: &Db) -> Vec<(i32, bool)> {
    let all = Statement::from_string(db.backend(), "SELECT attempts, dead FROM inbox_failed");
    let rows = db.read().query_all_raw(all).await.unwrap();
    rows.iter().map(|row| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())).collect()
}

#[tokio::test]
async fn an_event_that_fails_comes_again_and_does_not_hold_up_the_others() {
    on_every_database_alone(async |database| {
        let db = open(database.url()).await;
        let outbox = Outbox::new(db.clone(), PRODUCER);
        let bus: Arc<dyn Bus> = Arc::new(InProcessBus::default());
        let (clock, hands) = clock();
        let notes = Arc::new(Notes::default());
        notes.fail(2, 3);
        let consumer = consumer(&db, &clock, Arc::new(outbox.clone()), bus.clone(), &notes);
        let running = [Running::relay(&outbox, &bus), Running::consumer(consumer)];
        write(&db, &outbox, 1..=4).await;
        assert_eq!(wait_for(&db, 3).await, [1, 3, 4]);
        wait_until("the third retry", DEADLINE, async || {
            hands.advance(Duration::from_secs(8));
            put_aside(&db).await.is_empty()
        })
        .await;
        assert_eq!(seen(&db).await, [1, 3, 4, 2], "what failed left nothing behind until it succeeded");
        for work in running {
            work.stop().await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_event_that_fails_five_times_is_a_dead_letter() {
    on_every_database_alone(async |database| {
        let db = open(database.url()).await;
        let outbox = Outbox::new(db.clone(), PRODUCER);
        let bus: Arc<dyn Bus> = Arc::new(InProcessBus::default());
        let (clock, hands) = clock();
        let notes = Arc::new(Notes::default());
        notes.fail(1, u32::MAX);
        let consumer = consumer(&db, &clock, Arc::new(outbox.clone()), bus.clone(), &notes);
        let running = [Running::relay(&outbox, &bus), Running::consumer(consumer)];
        write(&db, &outbox, 1..=2).await;
        wait_until("five attempts", DEADLINE, async || {
            hands.advance(Duration::from_secs(8));
            put_aside(&db).await == [(5, true)]
        })
        .await;
        write(&db, &outbox, [3]).await;
        assert_eq!(wait_for(&db, 2).await, [2, 3], "the stream goes on");
        for work in running {
            work.stop().await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_the_producer_has_dropped_is_said_to_be_missed() {
    on_every_database_alone(async |database| {
        let db = open(database.url()).await;
        let outbox = Outbox::new(db.clone(), PRODUCER);
        let bus: Arc<dyn Bus> = Arc::new(InProcessBus::default());
        let relay = Running::relay(&outbox, &bus);
        write(&db, &outbox, 1..=5).await;
        wait_until("all to be numbered", DEADLINE, async || versions(&outbox).await.len() == 5).await;
        relay.stop().await;
        let drop = "DELETE FROM outbox WHERE sequence <= 3";
        let tx = db.begin().await.unwrap();
        tx.execute_unprepared(drop).await.unwrap();
        tx.commit().await.unwrap();
        let notes = Arc::new(Notes::default());
        let consumer = consumer(&db, &Clock::system(), Arc::new(outbox.clone()), bus, &notes);
        let running = Running::consumer(consumer);
        assert_eq!(wait_for(&db, 2).await, [4, 5]);
        assert_eq!(notes.missed(), 1);
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn events_are_dropped_after_seven_days_and_their_numbers_are_not_used_again() {
    on_every_database_alone(async |database| {
        let db = open(database.url()).await;
        let outbox = Outbox::new(db.clone(), PRODUCER);
        let bus: Arc<dyn Bus> = Arc::new(InProcessBus::default());
        write(&db, &outbox, 1..=5).await;
        let relay = Running::relay(&outbox, &bus);
        wait_until("all to be numbered", DEADLINE, async || versions(&outbox).await.len() == 5).await;
        relay.stop().await;
        let (clock, hands) = clock();
        hands.advance(KEPT + Duration::from_secs(1));
        let shutdown = tokio_util::sync::CancellationToken::new();
        let relay = tokio::spawn(events::Relay::new(outbox.clone(), bus, clock).run(shutdown.clone()));
        wait_until("the old ones to go", DEADLINE, async || versions(&outbox).await.is_empty()).await;
        write(&db, &outbox, [6]).await;
        wait_until("a new one", DEADLINE, async || {
            let page = events::Feed::after(&outbox, 0).await.unwrap();
            (page.oldest, page.head) == (6, 6)
        })
        .await;
        shutdown.cancel();
        relay.await.unwrap();
    })
    .await;
}
