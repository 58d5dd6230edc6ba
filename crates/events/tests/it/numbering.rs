use std::sync::Arc;

use events::{Bus, InProcessBus, Outbox};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use service_kit::db::Db;
use test_kit::{Engine, TestDatabase, on_every_database_alone, wait_until};

use crate::store::{DEADLINE, PRODUCER, Running, event, open, versions, write};

fn bus() -> Arc<dyn Bus> {
    Arc::new(InProcessBus::default())
}

/// What a reader gets who goes by the number of the row alone.
async fn naive(db: &Db, after: i64) -> Vec<i64> {
    let sql = format!("SELECT position FROM outbox WHERE position > {after} ORDER BY position");
    let rows = db.read().query_all_raw(Statement::from_string(db.backend(), sql)).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

#[tokio::test]
async fn events_are_numbered_without_gaps_in_the_order_of_commits() {
    on_every_database_alone(async |database| {
        let db = open(database.url()).await;
        let outbox = Outbox::new(db.clone(), PRODUCER);
        let relay = Running::relay(&outbox, &bus());
        write(&db, &outbox, 1..=20).await;
        let undone = db.begin().await.unwrap();
        outbox.append(&undone, event(99)).await.unwrap();
        undone.rollback().await.unwrap();
        write(&db, &outbox, 21..=30).await;
        wait_until("all to be numbered", DEADLINE, async || versions(&outbox).await.len() == 30).await;
        assert_eq!(versions(&outbox).await, (1..=30).collect::<Vec<_>>(), "what was rolled back leaves no gap");
        relay.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_commits_late_is_neither_lost_nor_put_before_what_was_told() {
    let database = TestDatabase::alone(Engine::Postgres).await;
    let db = open(database.url()).await;
    assert_eq!(db.backend(), DbBackend::Postgres);
    let outbox = Outbox::new(db.clone(), PRODUCER);
    let late = db.begin().await.unwrap();
    outbox.append(&late, event(1)).await.unwrap();
    write(&db, &outbox, [2]).await;

    // The control: a reader by row number has seen row 2 and goes on from there.
    let seen = naive(&db, 0).await;
    assert_eq!(seen, [2]);

    let relay = Running::relay(&outbox, &bus());
    for _ in 0..3 {
        assert_eq!(versions(&outbox).await, Vec::<i64>::new(), "row 2 waits for the older transaction");
        tokio::task::yield_now().await;
    }
    late.commit().await.unwrap();
    write(&db, &outbox, [3]).await;
    wait_until("all three", DEADLINE, async || versions(&outbox).await.len() == 3).await;
    assert_eq!(versions(&outbox).await, [1, 2, 3]);
    assert_eq!(naive(&db, 2).await, [3], "row 1 is lost to whoever went by its number");
    relay.stop().await;
}

#[tokio::test]
async fn two_relays_beside_each_other_number_every_event_once() {
    on_every_database_alone(async |database| {
        let db = open(database.url()).await;
        let outbox = Outbox::new(db.clone(), PRODUCER);
        let relays = [Running::relay(&outbox, &bus()), Running::relay(&outbox, &bus())];
        let writers = (0..4_i64).map(|writer| {
            let (db, outbox) = (db.clone(), outbox.clone());
            tokio::spawn(async move { write(&db, &outbox, writer * 100..writer * 100 + 25).await })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        wait_until("all to be numbered", DEADLINE, async || versions(&outbox).await.len() >= 100).await;
        let mut all = versions(&outbox).await;
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 100);
        for relay in relays {
            relay.stop().await;
        }
    })
    .await;
}
