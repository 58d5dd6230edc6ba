//! Several gateways that share what they store in a Redis Cluster.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Method;
use serde_json::json;
use test_kit::http::{Answer, Client, send};
use test_kit::redis_cluster::RedisCluster;
use test_kit::wait_until;

use crate::support::{Gateway, Origin, SOON, before_both, reply, sharing};

const FRESH: (&str, &str) = ("cdn-cache-control", "max-age=600, stale-if-error=600");

/// A service that counts its writes: reads say how many there have been, in group "items".
pub(crate) async fn counting() -> Origin {
    let writes = Arc::new(AtomicUsize::new(0));
    Origin::start(move |seen| {
        let writes = Arc::clone(&writes);
        async move {
            if seen.method == Method::GET {
                let count = writes.load(Ordering::SeqCst).to_string();
                return reply(200, &[FRESH, ("cache-groups", "\"items\"")], count);
            }
            writes.fetch_add(1, Ordering::SeqCst);
            reply(201, &[("cache-group-invalidation", "\"items\"")], "")
        }
    })
    .await
}

pub(crate) async fn two(origin: &Origin, redis: &RedisCluster) -> (Gateway, Gateway) {
    let config = before_both(origin, origin);
    let pair = (sharing(config.clone(), redis, 1).await, sharing(config, redis, 2).await);
    pair.0.until_in_step().await;
    pair.1.until_in_step().await;
    pair
}

/// A GET by the one name of all gateways.
pub(crate) async fn read(client: &Client, path: &str) -> Answer {
    send(client.request(Method::GET, path).header("host", "lend.example")).await
}

pub(crate) fn is_shared(answer: &Answer) -> bool {
    answer.header("cache-status").is_some_and(|status| status.contains("detail=shared"))
}

/// Reads new addresses through both gateways until the second finds what the first has stored.
async fn until_shared(one: &Gateway, other: &Gateway, prefix: &str) -> Answer {
    let mut number = 0;
    let mut found = None;
    wait_until("a response is shared", SOON, async || {
        number += 1;
        let path = format!("{prefix}{number}");
        let before = puts(one).await;
        read(&one.client, &path).await.expect(200);
        // It is put there without making the first one wait.
        wait_until("it is put there, or is not", SOON, async || puts(one).await > before).await;
        found = Some(read(&other.client, &path).await.expect(200)).filter(is_shared);
        found.is_some()
    })
    .await;
    found.unwrap()
}

/// Attempts to put something into the second tier.
async fn puts(gateway: &Gateway) -> u32 {
    let metrics = String::from_utf8(gateway.ops.get("/metrics").await.expect(200).body).unwrap();
    let ours = ["lendery_gateway_shared_puts_total ", "lendery_gateway_shared_put_failures_total "];
    let lines = metrics.lines().filter_map(|line| ours.iter().find_map(|name| line.strip_prefix(name)));
    lines.map(|count| count.parse::<u32>().unwrap()).sum()
}

#[tokio::test]
async fn what_one_gateway_stored_another_answers_with() {
    let redis = RedisCluster::start();
    let origin = Origin::start(|seen| async move {
        let headers = [FRESH, ("cache-groups", "\"items\""), ("etag", "\"7\""), ("content-type", "text/plain")];
        reply(200, &headers, seen.target)
    })
    .await;
    let (one, other) = two(&origin, &redis).await;
    let answer = until_shared(&one, &other, "/api/v1/items/").await;
    let target = origin.seen().last().unwrap().target.clone();
    assert_eq!(answer.body, target.as_bytes());
    assert_eq!((answer.header("etag"), answer.header("content-type")), (Some("\"7\""), Some("text/plain")));
    assert_eq!(answer.header("cdn-cache-control"), None);
    let again = read(&other.client, &target).await.expect(200);
    assert!(again.header("cache-status").unwrap().starts_with("lendery; hit") && !is_shared(&again), "now from memory");

    // A gateway that starts later finds a warm cache.
    let late = sharing(before_both(&origin, &origin), &redis, 3).await;
    late.until_in_step().await;
    assert!(is_shared(&read(&late.client, &target).await.expect(200)));
}

#[tokio::test]
async fn a_write_through_one_gateway_shows_at_once_there_and_soon_through_the_other() {
    let redis = RedisCluster::start();
    let origin = counting().await;
    let (one, other) = two(&origin, &redis).await;
    let seen = async |gateway: &Gateway| read(&gateway.client, "/api/v1/items/7").await.expect(200).body;
    for round in 0..50_usize {
        assert_eq!(seen(&one).await, round.to_string().as_bytes());
        one.client.post("/api/v1/items", &json!({})).await.expect(201);
        let now = (round + 1).to_string();
        assert_eq!(seen(&one).await, now.as_bytes(), "read your own write");
        wait_until("the other gateway shows it", SOON, async || seen(&other).await == now.as_bytes()).await;
        assert_eq!(seen(&one).await, now.as_bytes(), "and nothing brings the older one back");
    }
}

#[tokio::test]
async fn an_operators_purge_reaches_all_gateways_and_soft_is_soft_everywhere() {
    let redis = RedisCluster::start();
    let origin =
        Origin::start(
            |seen| async move { reply(200, &[FRESH, ("cache-groups", "\"items\"")], seen.number.to_string()) },
        )
        .await;
    let (one, other) = two(&origin, &redis).await;
    until_shared(&one, &other, "/api/v1/items/").await;
    let path = origin.seen().last().unwrap().target.clone();
    let before = read(&other.client, &path).await.body;
    one.ops.post("/ops/cache/purge", &json!({"groups": ["items"]})).await.expect(200);
    let newer = async || read(&other.client, &path).await.expect(200).body != before;
    wait_until("the other gateway asks again", SOON, newer).await;

    read(&one.client, &path).await.expect(200);
    one.ops.post("/ops/cache/purge", &json!({"prefix": "/api/v1"})).await.expect(200);
    origin.stop().await;
    let stale = async || {
        let answer = read(&other.client, &path).await;
        answer.header("cache-status").is_some_and(|status| status.contains("stale-if-error"))
    };
    wait_until("a stale answer stands in", SOON, stale).await;
}

#[tokio::test]
async fn what_redis_lost_is_confirmed_before_it_is_used_again() {
    let redis = RedisCluster::start();
    let origin = counting().await;
    let (one, other) = two(&origin, &redis).await;
    for gateway in [&one, &other] {
        read(&gateway.client, "/api/v1/items/7").await.expect(200);
    }
    let asked = origin.count();
    redis.lose_everything();
    let asked_again = async || {
        for gateway in [&one, &other] {
            read(&gateway.client, "/api/v1/items/7").await.expect(200);
        }
        origin.count() > asked
    };
    wait_until("what is in memory is not trusted any more", SOON, asked_again).await;
    one.until_in_step().await;
    other.until_in_step().await;
    one.client.post("/api/v1/items", &json!({})).await.expect(201);
    let shown = async || read(&other.client, "/api/v1/items/7").await.expect(200).body == b"1";
    wait_until("writes reach the other gateway as before", SOON, shown).await;
}
