//! Answers that leave something open: writes without one, failures that were meant for somebody, bodies too large to keep.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Method;
use serde_json::json;
use test_kit::http::Answer;
use test_kit::wait_until;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::{Barrier, Semaphore};
use tokio::task::JoinSet;

use crate::support::{Gateway, Origin, SOON, before_both, configured, reply};

const PATH: &str = "/api/v1/items/7";

/// A service that does what it is asked to, and never says so; reads say how often.
async fn silent_writer() -> (Origin, Gateway) {
    let writes = Arc::new(AtomicUsize::new(0));
    let origin = Origin::start(move |seen| {
        let writes = Arc::clone(&writes);
        async move {
            if seen.method == Method::GET {
                let headers = [("cdn-cache-control", "max-age=600"), ("cache-groups", "\"items\"")];
                return reply(200, &headers, writes.load(Ordering::SeqCst).to_string());
            }
            writes.fetch_add(1, Ordering::SeqCst);
            std::future::pending().await
        }
    })
    .await;
    let mut config = before_both(&origin, &origin);
    config.upstreams.0.values_mut().for_each(|upstream| upstream.attempt_ms = 200);
    let gateway = configured(config).await;
    (origin, gateway)
}

#[tokio::test]
async fn after_a_write_that_was_not_answered_what_its_service_says_is_confirmed() {
    let (origin, gateway) = silent_writer().await;
    assert_eq!(gateway.client.get(PATH).await.expect(200).body, b"0");
    gateway.client.post("/api/v1/items", &json!({})).await.expect(503);
    assert_eq!(gateway.client.get(PATH).await.expect(200).body, b"1");
    assert_eq!(origin.count(), 3);
}

#[tokio::test]
async fn a_client_that_breaks_off_its_write_makes_nothing_else_stale() {
    let (_origin, gateway) = silent_writer().await;
    gateway.client.get(PATH).await.expect(200);
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    let half = b"POST /api/v1/items HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf";
    client.write_all(half).await.unwrap();
    drop(client);
    let purges = async || gateway.ops.get("/ops/cache").await.expect(200).json()["purges"].as_u64();
    wait_until("its own address is purged", SOON, async || purges().await >= Some(1)).await;
    let answer = gateway.client.get(PATH).await.expect(200);
    assert!(answer.header("cache-status").unwrap().starts_with("lendery; hit"), "{answer:?}");
    assert_eq!(purges().await, Some(1));
}

/// What so many clients are told who wait for one fetch that fails with these headers.
async fn told_of_failure(headers: &'static [(&'static str, &'static str)], clients: usize) -> (Origin, Vec<Answer>) {
    let go_on = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&go_on);
    let origin = Origin::start(move |_| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            reply(503, headers, "")
        }
    })
    .await;
    let mut config = before_both(&origin, &origin);
    config.upstreams.0.values_mut().for_each(|upstream| upstream.retries = 0);
    let gateway = configured(config).await;
    let mut asking = JoinSet::new();
    for _ in 0..clients {
        let client = gateway.client.clone();
        asking.spawn(async move { client.get(PATH).await.expect(503) });
    }
    gateway.until_waiting(clients - 1).await;
    go_on.add_permits(clients);
    let answers = asking.join_all().await;
    (origin, answers)
}

#[tokio::test]
async fn what_a_failure_sets_is_set_for_the_one_who_asked() {
    let (origin, answers) = told_of_failure(&[("set-cookie", "id=1"), ("retry-after", "3")], 4).await;
    assert_eq!(origin.count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.header("set-cookie").is_some()).count(), 1);
    assert!(answers.iter().all(|answer| answer.header("retry-after") == Some("3")));
}

#[tokio::test]
async fn a_private_failure_is_told_to_nobody_else() {
    let (origin, _answers) = told_of_failure(&[("cache-control", "private")], 4).await;
    assert_eq!(origin.count(), 4);
}

#[tokio::test]
async fn what_is_too_large_to_be_stored_is_not_asked_for_one_after_the_other() {
    let together = Arc::new(Barrier::new(5));
    let origin = Origin::start(move |seen| {
        let together = Arc::clone(&together);
        async move {
            if seen.number > 1 {
                together.wait().await;
            }
            reply(200, &[("cache-control", "max-age=60")], "x".repeat(2_000))
        }
    })
    .await;
    let mut config = before_both(&origin, &origin);
    config.cache.entry_bytes = 1_000;
    let gateway = configured(config).await;
    gateway.client.get(PATH).await.expect(200);
    let mut asking = JoinSet::new();
    for _ in 0..5 {
        let client = gateway.client.clone();
        asking.spawn(async move { client.get(PATH).await.expect(200) });
    }
    asking.join_all().await;
}
