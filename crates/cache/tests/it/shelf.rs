use std::time::Duration;

use bytes::Bytes;
use cache::{Confirmed, Mark, RedisSettings, Shelf};
use test_kit::redis_cluster::RedisCluster as Servers;
use test_kit::wait_until;

const MINUTE: Duration = Duration::from_mins(1);
const DEADLINE: Duration = Duration::from_secs(30);
const NAMESPACE: &str = "test:1";

fn client(servers: &Servers, seed: u64) -> Shelf {
    Shelf::connect(RedisSettings::new(servers.urls().to_vec(), NAMESPACE), seed).unwrap()
}

async fn note(shelf: &Shelf, text: &str) -> Mark {
    let mut mark = None;
    wait_until("a note is written", DEADLINE, async || {
        mark = shelf.note(text.as_bytes()).await.ok().filter(|written| written.is_safe).map(|written| written.mark);
        mark.is_some()
    })
    .await;
    mark.unwrap()
}

async fn put(shelf: &Shelf, key: &str, value: &str) {
    wait_until("a value is put", DEADLINE, async || shelf.put(key, value.as_bytes(), MINUTE).await.is_ok()).await;
}

async fn get(shelf: &Shelf, key: &str) -> Option<Bytes> {
    let mut value = None;
    wait_until("the shelf answers", DEADLINE, async || match shelf.get(key).await {
        Ok(found) => {
            value = found;
            true
        }
        Err(_) => false,
    })
    .await;
    value
}

#[tokio::test]
async fn instances_share_values_counts_and_notes() {
    let servers = Servers::start();
    let (one, two) = (client(&servers, 1), client(&servers, 2));
    put(&one, "a", "1").await;
    assert_eq!(get(&two, "a").await.unwrap(), "1");
    assert_eq!(get(&two, "b").await, None);

    wait_until("it counts", DEADLINE, async || one.add("c", 2, MINUTE).await.is_ok()).await;
    wait_until("it counts for both", DEADLINE, async || two.add("c", 3, MINUTE).await.is_ok_and(|sum| sum >= 5)).await;

    let first = note(&one, "first").await;
    let second = note(&two, "second").await;
    assert!(first < second);
    let mut told = Vec::new();
    wait_until("the notes are read", DEADLINE, async || {
        if let Ok(notes) = two.notes_after(Mark::default()).await {
            assert_eq!((notes.oldest, notes.newest), (Some(first), Some(second)));
            told = notes.notes;
        }
        !told.is_empty()
    })
    .await;
    assert_eq!(told, [(first, Bytes::from("first")), (second, Bytes::from("second"))]);
    assert_eq!(two.notes_after(second).await.unwrap().notes, [], "it waits, and says that there is nothing");

    servers.lose_everything();
    let notes = two.notes_after(second).await.unwrap();
    assert_eq!((notes.newest, notes.notes.len()), (None, 0), "the loss can be seen");
}

#[tokio::test]
async fn who_waits_for_notes_learns_of_one_at_once() {
    let servers = Servers::start();
    let (one, two) = (client(&servers, 1), client(&servers, 2));
    let mut after = note(&one, "first").await;
    for round in 0..20 {
        let text = round.to_string();
        let (read, written) = tokio::join!(two.notes_after(after), note(&one, &text));
        // Whether it was there before the wait or came into it: the next answer has it at the latest.
        let mut notes = read.map(|notes| notes.notes).unwrap_or_default();
        while notes.is_empty() {
            notes = two.notes_after(after).await.map(|notes| notes.notes).unwrap_or_default();
        }
        assert_eq!(notes, [(written, Bytes::from(text))]);
        after = written;
    }
}

#[tokio::test]
async fn the_replica_of_a_primary_that_hangs_or_dies_is_read() {
    for dies in [false, true] {
        let servers = Servers::start();
        let shelf = client(&servers, 1);
        put(&shelf, "a", "1").await;
        let key = format!("{{{NAMESPACE}:value:a}}:value");
        let lost = servers.primary_of(&key);
        // The replica has it before the primary is lost.
        wait_until("a note confirms the link", DEADLINE, async || {
            shelf.note(b"x").await.is_ok_and(|written| written.is_safe)
        })
        .await;
        if dies {
            servers.kill_primary_of(&key).await;
        } else {
            servers.hang(lost);
        }
        let found = async || shelf.get("a").await.is_ok_and(|value| value.is_some());
        wait_until("somebody else answers", DEADLINE, found).await;
        assert!(shelf.breakers().len() >= 3, "each node that was asked has one");
    }
}

#[tokio::test]
async fn a_cluster_that_is_not_there_fails_quickly() {
    let settings = RedisSettings::new(vec!["redis://127.0.0.1:1".to_owned()], NAMESPACE);
    let shelf = Shelf::connect(settings, 1).unwrap();
    assert!(shelf.get("a").await.is_err() && shelf.put("a", b"1", MINUTE).await.is_err());
    assert!(shelf.note(b"x").await.is_err() && shelf.notes_after(Mark::default()).await.is_err());
}

#[tokio::test]
async fn a_note_is_confirmed_once_a_replica_has_it_and_never_when_it_is_lost() {
    let servers = Servers::start();
    let shelf = client(&servers, 1);
    note(&shelf, "first").await;
    let primary = servers.primary_of(&format!("{{{NAMESPACE}:notes}}:value"));
    let primaries = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|key| servers.primary_of(key));
    let mut replicas = servers.nodes();
    replicas.retain(|node| *node != primary && !primaries.contains(node));
    for replica in &replicas {
        servers.hang(*replica);
    }
    let mut unsafe_mark = None;
    wait_until("a note is written that no replica has", DEADLINE, async || {
        let written = shelf.note(b"second").await.ok().filter(|written| !written.is_safe);
        unsafe_mark = written.map(|written| written.mark);
        unsafe_mark.is_some()
    })
    .await;
    let mark = unsafe_mark.unwrap();
    let is_unsafe = async || shelf.confirm(mark).await.is_ok_and(|confirmed| confirmed == Confirmed::NotYet);
    wait_until("it is there, and no replica has it", DEADLINE, is_unsafe).await;
    for replica in &replicas {
        servers.resume(*replica);
    }
    let is_safe = async || shelf.confirm(mark).await.is_ok_and(|confirmed| confirmed == Confirmed::Safe);
    wait_until("a replica has it", DEADLINE, is_safe).await;
    let newer = Mark { millis: mark.millis + 60_000, number: 0 };
    assert_eq!(shelf.confirm(newer).await.unwrap(), Confirmed::Lost, "{primary:?} has no such note");
}
