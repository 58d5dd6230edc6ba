use std::time::Duration;

use test_kit::wait_until;

use crate::support::{Gateway, Origin, SOON, before, before_both, configured, reply};

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

#[tokio::test]
async fn a_route_may_allow_what_its_answers_do_not_mention() {
    let origin = Origin::start(|seen| async move {
        let silent = &[("cache-control", "max-age=60")];
        match seen.target.as_str() {
            "/api/v1/items/strict" => reply(200, &[("cache-control", "s-maxage=60")], "kept"),
            "/api/v1/items/failing" => reply(503, silent, seen.number.to_string()),
            _ => reply(200, silent, "kept"),
        }
    })
    .await;
    let mut config = before_both(&origin, &origin);
    for route in &mut config.routes {
        (route.stale_if_error_s, route.store_errors) = (Some(600), true);
    }
    let gateway = configured(config).await;
    for path in ["/api/v1/items/silent", "/api/v1/items/strict"] {
        gateway.client.get(path).await.expect(200);
    }
    let failure = gateway.client.get("/api/v1/items/failing").await.expect(503);
    assert_eq!(gateway.client.get("/api/v1/items/failing").await.expect(503).body, failure.body, "stored, as it says");

    origin.stop().await;
    gateway.hands.advance(Duration::from_secs(100));
    assert_eq!(gateway.client.get("/api/v1/items/silent").await.expect(200).body, b"kept");
    gateway.client.get("/api/v1/items/strict").await.expect(503);
}
