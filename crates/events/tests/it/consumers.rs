use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use events::{Bus, Event, Feed, InProcessBus, Outbox};
use service_kit::clock::Clock;
use test_kit::{on_every_database_alone, wait_until};

use crate::store::{
    DEADLINE, Notes, PRODUCER, Running, Switched, clock, consumer, open, seen, versions, wait_for, write,
};

/// All events of an outbox, numbered.
async fn numbered(outbox: &Outbox, count: usize) -> Vec<Event> {
    let relay = Running::relay(outbox, &(Arc::new(InProcessBus::default()) as Arc<dyn Bus>));
    wait_until("all to be numbered", DEADLINE, async || versions(outbox).await.len() == count).await;
    relay.stop().await;
    outbox.after(0).await.unwrap().events
}

#[tokio::test]
async fn an_event_is_handled_once_over_duplicates_disorder_and_a_restart() {
    on_every_database_alone(async |database| {
        let db = open(database.url()).await;
        let outbox = Outbox::new(db.clone(), PRODUCER);
        write(&db, &outbox, 1..=40).await;
        let events = numbered(&outbox, 40).await;
        let bus: Arc<dyn Bus> = Arc::new(InProcessBus::default());
        let notes = Arc::new(Notes::default());
        let start =
            || Running::consumer(consumer(&db, &Clock::system(), Arc::new(outbox.clone()), bus.clone(), &notes));
        let first = start();
        // Every third is lost, every second comes twice, and all come backwards.
        for (number, event) in events.iter().enumerate().rev().filter(|(number, _)| number % 3 != 0) {
            for _ in 0..=number % 2 {
                bus.publish(event).await.unwrap();
            }
        }
        wait_for(&db, 40).await;
        first.stop().await;
        let second = start();
        for event in &events {
            bus.publish(event).await.unwrap();
        }
        write(&db, &outbox, [41]).await;
        numbered(&outbox, 41).await;
        let handled = wait_for(&db, 41).await;
        assert_eq!(handled, (1..=41).collect::<Vec<_>>(), "each once, and in order, for the feed could be asked");
        second.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_bus_that_carries_nothing_loses_nothing() {
    on_every_database_alone(async |database| {
        let db = open(database.url()).await;
        let outbox = Outbox::new(db.clone(), PRODUCER);
        let (told, heard): (Arc<dyn Bus>, Arc<dyn Bus>) =
            (Arc::new(InProcessBus::default()), Arc::new(InProcessBus::default()));
        let notes = Arc::new(Notes::default());
        let consumer = consumer(&db, &Clock::system(), Arc::new(outbox.clone()), heard, &notes);
        let running = [Running::relay(&outbox, &told), Running::consumer(consumer)];
        write(&db, &outbox, 1..=300).await;
        assert_eq!(wait_for(&db, 300).await, (1..=300).collect::<Vec<_>>());
        for work in running {
            work.stop().await;
        }
    })
    .await;
}

#[tokio::test]
async fn two_instances_of_a_consumer_handle_each_event_once() {
    on_every_database_alone(async |database| {
        let db = open(database.url()).await;
        let outbox = Outbox::new(db.clone(), PRODUCER);
        let bus: Arc<dyn Bus> = Arc::new(InProcessBus::default());
        let notes = Arc::new(Notes::default());
        let instance = || consumer(&db, &Clock::system(), Arc::new(outbox.clone()), bus.clone(), &notes);
        let running = [Running::relay(&outbox, &bus), Running::consumer(instance()), Running::consumer(instance())];
        write(&db, &outbox, 1..=100).await;
        let handled = wait_for(&db, 100).await;
        for work in running {
            work.stop().await;
        }
        assert_eq!(handled, (1..=100).collect::<Vec<_>>());
        assert_eq!(seen(&db).await.len(), 100);
    })
    .await;
}

#[tokio::test]
async fn an_event_waits_half_a_minute_for_its_predecessors_and_no_longer() {
    on_every_database_alone(async |database| {
        let db = open(database.url()).await;
        let outbox = Outbox::new(db.clone(), PRODUCER);
        write(&db, &outbox, 1..=3).await;
        let events = numbered(&outbox, 3).await;
        let bus: Arc<dyn Bus> = Arc::new(InProcessBus::default());
        let (off, asked) = (AtomicBool::new(true), AtomicU64::new(0));
        let feed = Arc::new(Switched { outbox: outbox.clone(), off, asked });
        let notes = Arc::new(Notes::default());
        let (clock, hands) = clock();
        let running = Running::consumer(consumer(&db, &clock, feed.clone(), bus.clone(), &notes));
        // Told again and again, for the consumer may not listen yet; each time it listens it asks the feed for the others.
        let asked = async |more: u64| {
            let before = feed.asked.load(Ordering::SeqCst);
            wait_until("the feed to be asked", DEADLINE, async || {
                bus.publish(&events[2]).await.unwrap();
                feed.asked.load(Ordering::SeqCst) >= before + more
            })
            .await;
        };
        asked(10).await;
        hands.advance(Duration::from_secs(29));
        asked(3).await;
        assert_eq!(seen(&db).await, Vec::<i64>::new());
        hands.advance(Duration::from_secs(1));
        assert_eq!(wait_for(&db, 1).await, [3]);
        feed.off.store(false, Ordering::SeqCst);
        assert_eq!(wait_for(&db, 3).await, [3, 1, 2], "the others follow, and nothing comes twice");
        running.stop().await;
    })
    .await;
}
