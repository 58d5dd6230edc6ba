use std::sync::Arc;

use events::{Bus, Feed, InProcessBus, Outbox, tail};
use test_kit::{on_every_database_alone, wait_until};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::store::{DEADLINE, PRODUCER, Running, open, versions, write};

#[tokio::test]
async fn a_tail_begins_now_and_shows_each_later_event_once_and_in_order() {
    on_every_database_alone(async |database| {
        let db = open(database.url()).await;
        let outbox = Outbox::new(db.clone(), PRODUCER);
        let bus: Arc<dyn Bus> = Arc::new(InProcessBus::default());
        let relay = Running::relay(&outbox, &bus);
        write(&db, &outbox, 1..=3).await;
        wait_until("the old ones", DEADLINE, async || versions(&outbox).await.len() == 3).await;
        let (sender, mut events) = mpsc::channel(16);
        let shutdown = CancellationToken::new();
        let feed: Arc<dyn Feed> = Arc::new(outbox.clone());
        let following = tokio::spawn({
            let (bus, shutdown) = (bus.clone(), shutdown.clone());
            async move { tail(PRODUCER, feed, bus, sender, shutdown).await }
        });
        // The first that it shows is none of the old ones, however soon it has begun.
        let mut next = 4;
        let first = loop {
            write(&db, &outbox, [next]).await;
            next += 1;
            let wait = std::time::Duration::from_millis(100);
            if let Ok(Some(event)) = tokio::time::timeout(wait, events.recv()).await {
                break event;
            }
        };
        assert!(first.sequence > 3);
        write(&db, &outbox, next..next + 20).await;
        for expected in first.sequence + 1..next + 20 {
            assert_eq!(events.recv().await.unwrap().sequence, expected);
        }
        shutdown.cancel();
        following.await.unwrap();
        relay.stop().await;
    })
    .await;
}
