//! What Prometheus is promised it sees.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;
use test_kit::http::{Client, send};
use test_kit::redis_cluster::RedisCluster;
use tokio::io::AsyncReadExt;

use crate::support::{Gateway, Origin, before_both, configured, reply, sharing};

/// Where they are promised.
const PROMISED: &str = include_str!("../../../docs/gateway.md");

const FRESH: &[(&str, &str)] = &[("cache-control", "max-age=60")];

async fn metrics(gateway: &Gateway) -> String {
    String::from_utf8(gateway.ops.get("/metrics").await.expect(200).body).unwrap()
}

/// The value of one sample, by its name and labels.
async fn value(gateway: &Gateway, sample: &str) -> Option<f64> {
    let metrics = metrics(gateway).await;
    let line = metrics.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ').map(str::to_owned))?;
    line.split(' ').next()?.parse().ok()
}

/// The names in the first column of the table.
fn promised() -> BTreeSet<&'static str> {
    let names = PROMISED.lines().filter_map(|line| line.strip_prefix("| `lendery_gateway_")?.split('`').next());
    names.collect()
}

#[tokio::test]
async fn every_metric_that_is_promised_exists_and_every_one_that_exists_is_promised() {
    let redis = RedisCluster::start();
    let origin = Origin::saying(FRESH, "x").await;
    let gateway = sharing(before_both(&origin, &origin), &redis, 1).await;
    gateway.until_in_step().await;
    gateway.client.get("/api/v1/items").await.expect(200);
    let metrics = metrics(&gateway).await;
    let described = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE lendery_gateway_"));
    let described: BTreeSet<_> = described.filter_map(|line| line.split(' ').next()).collect();
    assert!(promised().len() > 15, "the table is read: {:?}", promised());
    assert_eq!(described, promised(), "{metrics}");
    let of_primaries = "lendery_gateway_shared_breaker_state{node=\"redis 127.0.0.1:";
    let closed = metrics.lines().filter(|line| line.starts_with(of_primaries) && line.ends_with(" 0"));
    assert_eq!(closed.count(), 3, "one of each shard: {metrics}");
}

#[tokio::test]
async fn attempts_are_counted_and_what_comes_from_memory_is_none() {
    let origin = Origin::saying(FRESH, "").await;
    let gateway = configured(before_both(&origin, &origin)).await;
    let attempts = async || value(&gateway, "lendery_gateway_upstream_attempts_total{upstream=\"inventory\"}").await;
    let repeated = async || value(&gateway, "lendery_gateway_upstream_repeated_total{upstream=\"inventory\"}").await;
    for number in 0..6 {
        gateway.client.post("/api/v1/items", &json!({ "number": number })).await.expect(200);
    }
    assert_eq!((attempts().await, repeated().await), (Some(6.0), Some(0.0)));
    gateway.client.get("/api/v1/items").await.expect(200);
    gateway.client.get("/api/v1/items").await.expect(200);
    assert_eq!(attempts().await, Some(7.0), "the second came from memory");
}

#[tokio::test]
async fn an_attempt_that_repeats_another_is_counted_as_such() {
    let flaky = Origin::start(|seen| async move { reply(if seen.number % 10 == 0 { 503 } else { 200 }, &[], "") });
    let flaky = flaky.await;
    let gateway = configured(before_both(&flaky, &flaky)).await;
    for _ in 0..20 {
        gateway.client.get("/api/v1/auth/sessions").await.expect(200);
    }
    let counted = value(&gateway, "lendery_gateway_upstream_attempts_total{upstream=\"users\"}").await;
    let again = value(&gateway, "lendery_gateway_upstream_repeated_total{upstream=\"users\"}").await;
    assert!(again > Some(0.0) && counted == again.map(|again| again + 20.0), "{counted:?} {again:?}");
}

#[tokio::test]
async fn requests_that_are_shed_and_connections_that_are_open_are_counted() {
    let origin = Origin::saying(&[], "").await;
    let mut config = before_both(&origin, &origin);
    config.limits.requests_per_minute = 2;
    let gateway = configured(config).await;
    let shed = async || value(&gateway, "lendery_gateway_shed_total").await;
    for expected in [200, 200, 429, 429, 429] {
        gateway.client.get("/api/v1/auth/sessions").await.expect(expected);
    }
    assert_eq!(shed().await, Some(3.0));
    let refused = "lendery_gateway_requests_total{route=\"/api/v1/auth\",status=\"429\"}";
    assert_eq!(value(&gateway, refused).await, Some(3.0), "by route and status");
    let open = async || value(&gateway, "lendery_gateway_connections").await.unwrap();
    let before = open().await;
    let another = tokio::net::TcpStream::connect(gateway.address).await.unwrap();
    let one_more = async |more: f64| {
        test_kit::wait_until("it is counted", crate::support::SOON, async || {
            (open().await - (before + more)).abs() < 0.5
        })
        .await;
    };
    one_more(1.0).await;
    drop(another);
    one_more(0.0).await;
}

#[tokio::test]
async fn connections_that_the_caps_keep_out_are_counted() {
    let origin = Origin::saying(&[], "").await;
    let mut config = before_both(&origin, &origin);
    (config.limits.connections, config.limits.connections_per_address) = (3, 2);
    let gateway = configured(config).await;
    let connect = async || tokio::net::TcpStream::connect(gateway.address).await.unwrap();
    let counted = async |name: &'static str, at_least: f64| {
        let sample = format!("lendery_gateway_connections_{name}_total");
        test_kit::wait_until(name, crate::support::SOON, async || value(&gateway, &sample).await >= Some(at_least))
            .await;
    };
    assert_eq!(value(&gateway, "lendery_gateway_connections_refused_total").await, Some(0.0));
    let _two = [connect().await, connect().await];
    let mut third = connect().await;
    counted("refused", 1.0).await;
    assert_eq!(third.read(&mut [0; 1]).await.unwrap_or_default(), 0, "it is closed");

    let mut config = before_both(&origin, &origin);
    (config.limits.connections, config.limits.connections_per_address) = (2, 3);
    let gateway = configured(config).await;
    let connect = async || tokio::net::TcpStream::connect(gateway.address).await.unwrap();
    let _three = [connect().await, connect().await, connect().await];
    test_kit::wait_until("it is full", crate::support::SOON, async || {
        value(&gateway, "lendery_gateway_connections_full_total").await >= Some(1.0)
    })
    .await;
}

#[tokio::test]
async fn a_slow_answer_names_its_trace_if_somebody_keeps_that() {
    const KEPT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const NOT_KEPT: &str = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-00f067aa0ba902b7-00";
    let origin = Origin::saying(&[], "").await;
    let gateway = configured(before_both(&origin, &origin)).await;
    let ask = async |client: &Client, trace: &str| {
        send(client.request(Method::GET, "/api/v1/auth/sessions").header("traceparent", trace)).await.expect(200);
    };
    ask(&gateway.client, NOT_KEPT).await;
    assert!(!metrics(&gateway).await.contains("trace_id"));
    ask(&gateway.client, KEPT).await;
    ask(&gateway.client, NOT_KEPT).await;
    let seen = metrics(&gateway).await;
    let exemplars: Vec<&str> = seen.lines().filter(|line| line.contains("trace_id")).collect();
    assert_eq!(exemplars.len(), 1, "{seen}");
    assert!(exemplars[0].contains("trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\""), "{exemplars:?}");
}
