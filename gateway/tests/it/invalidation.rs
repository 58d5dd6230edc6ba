use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Method;
use serde_json::json;
use test_kit::http::send;
use test_kit::wait_until;
use tokio::sync::Notify;

use crate::support::{Gateway, Origin, SOON, before, reply};

/// A service that counts its writes: reads say how many there have been, in group "items".
async fn counting() -> Origin {
    let writes = Arc::new(AtomicUsize::new(0));
    Origin::start(move |seen| {
        let writes = Arc::clone(&writes);
        async move {
            if seen.method == Method::GET {
                let count = writes.load(Ordering::SeqCst).to_string();
                return reply(200, &[("cdn-cache-control", "max-age=600"), ("cache-groups", "\"items\"")], count);
            }
            writes.fetch_add(1, Ordering::SeqCst);
            reply(201, &[("cache-group-invalidation", "\"items\"")], "")
        }
    })
    .await
}

async fn read(gateway: &Gateway, path: &str) -> String {
    String::from_utf8(gateway.client.get(path).await.expect(200).body).unwrap()
}

#[tokio::test]
async fn every_read_after_an_acknowledged_write_shows_it() {
    let origin = counting().await;
    let gateway = before(&origin).await;
    for round in 0..20 {
        for path in ["/api/v1/items", "/api/v1/items?q=a", "/api/v1/items/7"] {
            assert_eq!(read(&gateway, path).await, round.to_string());
            assert_eq!(read(&gateway, path).await, round.to_string());
        }
        gateway.client.post("/api/v1/items", &json!({})).await.expect(201);
    }
    assert_eq!(origin.count(), 20 * 4, "each read once a round, the rest from memory");
}

#[tokio::test]
async fn without_the_group_a_write_leaves_other_addresses_as_they_are() {
    let origin = counting().await;
    let gateway = before(&origin).await;
    assert_eq!(read(&gateway, "/api/v1/items/7").await, "0");
    // The negative control: a write at an upstream's back shows what the group is for.
    let direct = test_kit::http::Client::new(origin.url());
    direct.post("/api/v1/items", &json!({})).await.expect(201);
    assert_eq!(read(&gateway, "/api/v1/items/7").await, "0");
}

#[tokio::test]
async fn a_successful_write_drops_its_own_address_and_those_it_names() {
    let origin = Origin::start(|seen| async move {
        if seen.method == Method::GET {
            return reply(200, &[("cache-control", "max-age=600")], seen.number.to_string());
        }
        let status = if seen.method == Method::DELETE { 403 } else { 200 };
        reply(status, &[("location", "/api/v1/categories")], "")
    })
    .await;
    let gateway = before(&origin).await;
    let before_write = (read(&gateway, "/api/v1/items/7").await, read(&gateway, "/api/v1/categories").await);
    send(gateway.client.request(Method::DELETE, "/api/v1/items/7")).await.expect(403);
    assert_eq!((read(&gateway, "/api/v1/items/7").await, read(&gateway, "/api/v1/categories").await), before_write);
    send(gateway.client.request(Method::PUT, "/api/v1/items/7")).await.expect(200);
    assert_ne!(read(&gateway, "/api/v1/items/7").await, before_write.0);
    assert_ne!(read(&gateway, "/api/v1/categories").await, before_write.1);
}

/// A service whose first read waits until it is told to go on, with the answer it had decided on before.
async fn dawdling() -> (Origin, Arc<Notify>) {
    let go_on = Arc::new(Notify::new());
    let waiting = Arc::clone(&go_on);
    let writes = Arc::new(AtomicUsize::new(0));
    let origin = Origin::start(move |seen| {
        let (waiting, writes) = (Arc::clone(&waiting), Arc::clone(&writes));
        async move {
            if seen.method == Method::GET {
                let count = writes.load(Ordering::SeqCst).to_string();
                if seen.number == 1 {
                    waiting.notified().await;
                }
                return reply(200, &[("cdn-cache-control", "max-age=600"), ("cache-groups", "\"items\"")], count);
            }
            writes.fetch_add(1, Ordering::SeqCst);
            // A write to another group is the negative control: it purges nothing of these.
            let group = if seen.target.ends_with("/other") { "\"other\"" } else { "\"items\"" };
            reply(200, &[("cache-group-invalidation", group)], "")
        }
    })
    .await;
    (origin, go_on)
}

/// What a read shows that comes after a write, when a fetch that began before the write ends after it.
async fn after_a_late_fetch(write_to: &str) -> String {
    let (origin, go_on) = dawdling().await;
    let gateway = before(&origin).await;
    let client = gateway.client.clone();
    let early = tokio::spawn(async move { client.get("/api/v1/items").await });
    origin.until_asked(1).await;
    gateway.client.post(write_to, &json!({})).await.expect(200);
    go_on.notify_one();
    assert_eq!(early.await.unwrap().body, b"0", "who asked before the write may see what was before it");
    read(&gateway, "/api/v1/items").await
}

#[tokio::test]
async fn a_fetch_that_began_before_a_write_does_not_store_its_older_answer_after_it() {
    assert_eq!(after_a_late_fetch("/api/v1/items").await, "1");
}

#[tokio::test]
async fn a_fetch_is_stored_when_only_others_were_purged_meanwhile() {
    assert_eq!(after_a_late_fetch("/api/v1/items/other").await, "0");
}

#[tokio::test]
async fn who_asks_after_a_write_does_not_wait_for_a_fetch_from_before_it() {
    let (origin, go_on) = dawdling().await;
    let gateway = before(&origin).await;
    let client = gateway.client.clone();
    let early = tokio::spawn(async move { client.get("/api/v1/items").await });
    origin.until_asked(1).await;
    gateway.client.post("/api/v1/items", &json!({})).await.expect(200);
    assert_eq!(read(&gateway, "/api/v1/items").await, "1", "the first fetch still waits");
    go_on.notify_one();
    early.await.unwrap().expect(200);
    assert_eq!(read(&gateway, "/api/v1/items").await, "1", "and has not overwritten the newer answer");
}

#[tokio::test]
async fn a_writer_that_hangs_up_does_not_keep_the_cache_from_learning_of_its_write() {
    let go_on = Arc::new(Notify::new());
    let waiting = Arc::clone(&go_on);
    let origin = Origin::start(move |seen| {
        let waiting = Arc::clone(&waiting);
        async move {
            if seen.method == Method::GET {
                return reply(
                    200,
                    &[("cache-control", "max-age=600"), ("cache-groups", "\"items\"")],
                    seen.number.to_string(),
                );
            }
            waiting.notified().await;
            reply(201, &[("cache-group-invalidation", "\"items\"")], "")
        }
    })
    .await;
    let gateway = before(&origin).await;
    assert_eq!(read(&gateway, "/api/v1/items/7").await, "1");
    let client = gateway.client.clone();
    let writer = tokio::spawn(async move { client.post("/api/v1/items", &json!({})).await });
    origin.until_asked(2).await;
    writer.abort();
    assert!(writer.await.unwrap_err().is_cancelled());
    go_on.notify_one();
    wait_until("the group is dropped", SOON, async || read(&gateway, "/api/v1/items/7").await == "3").await;
}
