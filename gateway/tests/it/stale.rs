use std::time::Duration;

use test_kit::wait_until;

use crate::support::{Gateway, Origin, SOON, before, reply};

const LENIENT: &[(&str, &str)] =
    &[("cdn-cache-control", "max-age=60, stale-while-revalidate=10, stale-if-error=600"), ("etag", "\"1\"")];

async fn said(gateway: &Gateway) -> String {
    let answer = gateway.client.get("/api/v1/items").await.expect(200);
    answer.header("cache-status").unwrap().to_owned()
}

#[tokio::test]
async fn while_it_is_refreshed_a_stale_answer_serves_at_once() {
    let origin = Origin::start(|seen| async move { reply(200, LENIENT, seen.number.to_string()) }).await;
    let gateway = before(&origin).await;
    said(&gateway).await;
    gateway.hands.advance(Duration::from_secs(65));
    assert_eq!(said(&gateway).await, "lendery; hit; ttl=-5");
    wait_until("it is fresh again", SOON, async || said(&gateway).await == "lendery; hit; ttl=60").await;
    assert_eq!(origin.count(), 2);
}

#[tokio::test]
async fn when_the_upstream_is_gone_a_stale_answer_stands_in_as_long_as_it_may() {
    let origin = Origin::saying(LENIENT, "kept").await;
    let gateway = before(&origin).await;
    said(&gateway).await;
    origin.stop().await;
    gateway.hands.advance(Duration::from_secs(600));
    let answer = gateway.client.get("/api/v1/items").await.expect(200);
    assert_eq!(answer.body, b"kept");
    assert_eq!(answer.header("cache-status"), Some("lendery; hit; ttl=-540; detail=stale-if-error"));
    assert_eq!(answer.header("age"), Some("600"));

    gateway.hands.advance(Duration::from_secs(60));
    let answer = gateway.client.get("/api/v1/items").await.expect(503);
    assert_eq!(answer.problem(), "unavailable");
    assert!(answer.header("retry-after").is_some());
}

#[tokio::test]
async fn an_upstream_that_says_503_is_stood_in_for_and_one_that_says_404_is_believed() {
    for (status, expected) in [(503, 200), (500, 200), (404, 404)] {
        let origin = Origin::start(move |seen| async move {
            if seen.number == 1 { reply(200, LENIENT, "kept") } else { reply(status, &[], "") }
        })
        .await;
        let gateway = before(&origin).await;
        said(&gateway).await;
        gateway.hands.advance(Duration::from_secs(100));
        gateway.client.get("/api/v1/items").await.expect(expected);
    }
}

#[tokio::test]
async fn what_must_be_revalidated_does_not_stand_in() {
    const STRICT: &[(&str, &str)] = &[("cdn-cache-control", "max-age=60, stale-if-error=600, must-revalidate")];
    let origin = Origin::saying(STRICT, "kept").await;
    let gateway = before(&origin).await;
    said(&gateway).await;
    origin.stop().await;
    gateway.hands.advance(Duration::from_secs(61));
    gateway.client.get("/api/v1/items").await.expect(503);
}

#[tokio::test]
async fn what_a_write_made_invalid_does_not_stand_in() {
    let origin = Origin::start(|seen| async move {
        if seen.method == "GET" {
            let groups = ("cache-groups", "\"items\"");
            return reply(200, &[LENIENT[0], groups], "before the write");
        }
        reply(204, &[("cache-group-invalidation", "\"items\"")], "")
    })
    .await;
    let gateway = before(&origin).await;
    said(&gateway).await;
    gateway.client.post("/api/v1/categories", &serde_json::json!({})).await.expect(204);
    origin.stop().await;
    gateway.client.get("/api/v1/items").await.expect(503);
}
