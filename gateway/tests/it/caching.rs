use reqwest::Method;
use std::time::Duration;
use test_kit::http::{Answer, send};

use crate::support::{Gateway, Origin, before, before_both, configured, reply};

const MINUTE: &[(&str, &str)] =
    &[("cache-control", "public, no-cache"), ("cdn-cache-control", "max-age=60"), ("etag", "\"1\"")];

fn said(answer: &Answer) -> &str {
    answer.header("cache-status").expect("Cache-Status")
}

async fn get_with(gateway: &Gateway, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = gateway.client.request(Method::GET, path);
    send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

#[tokio::test]
async fn the_second_get_comes_from_memory() {
    let origin = Origin::saying(MINUTE, "{\"items\":[]}").await;
    let gateway = before(&origin).await;
    let first = gateway.client.get("/api/v1/items").await.expect(200);
    assert_eq!(said(&first), "lendery; fwd=uri-miss; fwd-status=200; stored");
    gateway.hands.advance(Duration::from_secs(5));
    let second = gateway.client.get("/api/v1/items").await.expect(200);
    assert_eq!(said(&second), "lendery; hit; ttl=55");
    assert_eq!(second.header("age"), Some("5"));
    assert_eq!(second.header("cdn-cache-control"), None, "freshness for the gateway stays there");
    assert_eq!((first.body, first.headers.get("etag")), (second.body, second.headers.get("etag")));
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn spellings_of_the_same_address_share_one_answer() {
    let origin = Origin::saying(MINUTE, "x").await;
    let gateway = before(&origin).await;
    for path in ["/api/v1/items?limit=5&q=a", "/api/v1/items?q=a&limit=5", "/api/v1/%69tems?q=%61&limit=5&"] {
        gateway.client.get(path).await.expect(200);
    }
    assert_eq!(origin.count(), 1);
    assert_eq!(origin.seen()[0].target, "/api/v1/items?limit=5&q=a");
    gateway.client.get("/api/v1/items?limit=6&q=a").await.expect(200);
    assert_eq!(origin.count(), 2);
}

#[tokio::test]
async fn hosts_do_not_share_answers() {
    let origin = Origin::saying(MINUTE, "x").await;
    let gateway = before(&origin).await;
    for host in ["a.example", "b.example", "A.example"] {
        get_with(&gateway, "/api/v1/items", &[("host", host)]).await.expect(200);
    }
    assert_eq!(origin.count(), 2);
}

#[tokio::test]
async fn an_unknown_parameter_is_passed_on_and_its_answer_not_stored() {
    let origin = Origin::saying(MINUTE, "x").await;
    let gateway = before(&origin).await;
    for _ in 0..2 {
        let answer = gateway.client.get("/api/v1/items?utm=1&q=a").await.expect(200);
        assert_eq!(said(&answer), "lendery; fwd=bypass");
    }
    assert_eq!(origin.count(), 2);
    assert_eq!(origin.seen()[0].target, "/api/v1/items?utm=1&q=a");
}

#[tokio::test]
async fn a_client_that_has_it_gets_304_without_the_upstream() {
    let origin = Origin::saying(MINUTE, "x").await;
    let gateway = before(&origin).await;
    for round in 0..2 {
        let answer = get_with(&gateway, "/api/v1/items", &[("if-none-match", "\"1\"")]).await.expect(304);
        assert!(answer.body.is_empty());
        assert_eq!(answer.header("etag"), Some("\"1\""), "round {round}");
        assert_eq!(answer.header("cache-control"), Some("public, no-cache"));
    }
    get_with(&gateway, "/api/v1/items", &[("if-none-match", "\"2\"")]).await.expect(200);
    assert_eq!(origin.count(), 1);
    assert_eq!(origin.seen()[0].header("if-none-match"), None, "the gateway asks for the whole");
}

#[tokio::test]
async fn a_stale_answer_is_confirmed_by_its_etag() {
    let origin = Origin::start(|seen| async move {
        if seen.header("if-none-match") == Some("\"1\"") {
            return reply(304, &[("cdn-cache-control", "max-age=60"), ("etag", "\"1\""), ("x-round", "2")], "");
        }
        reply(200, &[("cdn-cache-control", "max-age=60"), ("etag", "\"1\""), ("x-round", "1")], "body")
    })
    .await;
    let gateway = before(&origin).await;
    gateway.client.get("/api/v1/items").await.expect(200);
    gateway.hands.advance(Duration::from_secs(61));
    let confirmed = gateway.client.get("/api/v1/items").await.expect(200);
    assert_eq!(said(&confirmed), "lendery; fwd=stale; fwd-status=304; stored");
    assert_eq!(confirmed.body, b"body");
    assert_eq!(confirmed.header("x-round"), Some("2"), "a 304 renews the stored headers");
    let hit = gateway.client.get("/api/v1/items").await.expect(200);
    assert_eq!(said(&hit), "lendery; hit; ttl=60");
    assert_eq!(origin.count(), 2);
}

#[tokio::test]
async fn a_304_without_freshness_of_its_own_keeps_the_stored_one() {
    let origin = Origin::start(|seen| async move {
        let status = if seen.header("if-none-match").is_some() { 304 } else { 200 };
        let targeted = if status == 200 { ("cdn-cache-control", "max-age=60") } else { ("x-empty", "1") };
        reply(status, &[("cache-control", "no-cache"), ("etag", "\"1\""), targeted], "")
    })
    .await;
    let gateway = before(&origin).await;
    for _ in 0..2 {
        gateway.client.get("/api/v1/items").await.expect(200);
        gateway.hands.advance(Duration::from_secs(61));
    }
    gateway.client.get("/api/v1/items").await.expect(200);
    assert_eq!(said(&gateway.client.get("/api/v1/items").await), "lendery; hit; ttl=60");
}

#[tokio::test]
async fn a_304_about_something_else_is_not_believed() {
    let origin = Origin::start(|seen| async move {
        match seen.header("if-none-match") {
            Some(_) => reply(304, &[("etag", "\"9\"")], ""),
            None => reply(200, &[("cdn-cache-control", "max-age=60"), ("etag", "\"1\"")], seen.number.to_string()),
        }
    })
    .await;
    let gateway = before(&origin).await;
    gateway.client.get("/api/v1/items").await.expect(200);
    gateway.hands.advance(Duration::from_secs(61));
    assert_eq!(gateway.client.get("/api/v1/items").await.expect(200).body, b"3");
}

#[tokio::test]
async fn answers_that_forbid_it_are_not_stored() {
    const FORBIDDING: [&[(&str, &str)]; 5] = [
        &[("cache-control", "no-store")],
        &[("cache-control", "private, max-age=60")],
        &[("cache-control", "max-age=60"), ("set-cookie", "a=b")],
        &[("cache-control", "max-age=60"), ("vary", "*")],
        &[],
    ];
    for headers in FORBIDDING {
        let origin = Origin::saying(headers, "x").await;
        let gateway = before(&origin).await;
        for _ in 0..3 {
            let answer = gateway.client.get("/api/v1/items").await.expect(200);
            assert!(said(&answer).starts_with("lendery; fwd=uri-miss"), "{headers:?}");
        }
        assert_eq!(origin.count(), 3, "{headers:?}");
    }
}

#[tokio::test]
async fn variants_are_kept_apart_by_what_they_vary_by() {
    let origin = Origin::start(|seen| async move {
        let language = seen.header("accept-language").unwrap_or("none").to_owned();
        reply(200, &[("cache-control", "max-age=60"), ("vary", "Accept-Language")], language)
    })
    .await;
    let gateway = before(&origin).await;
    for _ in 0..2 {
        for language in ["en", "de"] {
            let answer = get_with(&gateway, "/api/v1/items", &[("accept-language", language)]).await.expect(200);
            assert_eq!(answer.body, language.as_bytes());
        }
        assert_eq!(gateway.client.get("/api/v1/items").await.expect(200).body, b"none");
    }
    assert_eq!(origin.count(), 3);
}

#[tokio::test]
async fn a_head_is_answered_from_a_stored_get() {
    let origin = Origin::saying(MINUTE, "12345").await;
    let gateway = before(&origin).await;
    gateway.client.get("/api/v1/items").await.expect(200);
    let head = send(gateway.client.request(Method::HEAD, "/api/v1/items")).await.expect(200);
    assert_eq!((head.header("content-length"), head.body.len()), (Some("5"), 0));
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn a_large_body_streams_through_whole_and_is_not_stored() {
    let origin = Origin::start(|_| async { reply(200, &[("cache-control", "max-age=60")], vec![b'x'; 300_000]) }).await;
    let mut config = before_both(&origin, &origin);
    config.cache.entry_bytes = 100_000;
    let gateway = configured(config).await;
    for _ in 0..2 {
        assert_eq!(gateway.client.get("/api/v1/items").await.expect(200).body.len(), 300_000);
    }
    assert_eq!(origin.count(), 2);
}

#[tokio::test]
async fn a_missing_item_is_remembered_only_briefly() {
    let origin = Origin::start(|_| async { reply(404, &[("cache-control", "max-age=600")], "") }).await;
    let gateway = before(&origin).await;
    gateway.client.get("/api/v1/items/7").await.expect(404);
    gateway.client.get("/api/v1/items/7").await.expect(404);
    assert_eq!(origin.count(), 1);
    gateway.hands.advance(Duration::from_secs(5));
    gateway.client.get("/api/v1/items/7").await.expect(404);
    assert_eq!(origin.count(), 2);
}

#[tokio::test]
async fn what_a_client_asks_of_caches_counts_only_where_the_operator_says_so() {
    for (counts, calls) in [(false, 1), (true, 2)] {
        let origin = Origin::saying(MINUTE, "x").await;
        let mut config = before_both(&origin, &origin);
        config.cache.client_directives = counts;
        let gateway = configured(config).await;
        gateway.client.get("/api/v1/items").await.expect(200);
        get_with(&gateway, "/api/v1/items", &[("cache-control", "no-cache")]).await.expect(200);
        assert_eq!(origin.count(), calls, "client_directives = {counts}");
    }
}

#[tokio::test]
async fn a_route_that_is_not_cached_passes_everything_on() {
    let origin = Origin::saying(MINUTE, "x").await;
    let gateway = before(&origin).await;
    for _ in 0..2 {
        let answer = gateway.client.get("/api/v1/auth/sessions").await.expect(200);
        assert_eq!(said(&answer), "lendery; fwd=bypass");
    }
    assert_eq!(origin.count(), 2);
}
