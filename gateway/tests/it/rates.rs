use reqwest::Method;
use serde_json::json;

use test_kit::http::send;
use test_kit::redis_cluster::RedisCluster;
use test_kit::wait_until;

use crate::support::{Gateway, Origin, SOON, before_both, configured, sharing};

#[tokio::test]
async fn what_asks_the_services_for_too_much_is_refused_and_memory_still_answers() {
    let origin = Origin::saying(&[("cache-control", "max-age=60")], "x").await;
    let mut config = before_both(&origin, &origin);
    config.limits.requests_per_minute = 3;
    let gateway = configured(config).await;
    let first = gateway.client.get("/api/v1/items").await.expect(200);
    assert_eq!(first.header("ratelimit-policy"), Some("\"address\";q=3;w=60"));
    assert_eq!(first.header("ratelimit"), Some("\"address\";r=2;t=20"));
    for _ in 0..2 {
        gateway.client.post("/api/v1/auth/login", &json!({})).await.expect(200);
    }
    let refused = gateway.client.post("/api/v1/auth/login", &json!({})).await.expect(429);
    assert_eq!(refused.problem(), "too_many_requests");
    assert!(refused.header("retry-after").is_some() && refused.header("ratelimit").is_some(), "{:?}", refused.headers);
    assert_eq!(origin.count(), 3);
    let hit = gateway.client.get("/api/v1/items").await.expect(200);
    assert_eq!(hit.header("ratelimit"), None);
}

#[tokio::test]
async fn clients_behind_one_balancer_have_a_limit_each() {
    let origin = Origin::saying(&[], "x").await;
    let mut config = before_both(&origin, &origin);
    config.limits.requests_per_minute = 2;
    let ask = async |gateway: &Gateway, client: &str| {
        let request = gateway.client.request(Method::GET, "/api/v1/auth/sessions");
        send(request.header("x-forwarded-for", client)).await.status
    };
    let strict = configured(config.clone()).await;
    config.trusted_proxies = "127.0.0.1".to_owned();
    let trusting = configured(config).await;
    for client in ["1.2.3.4", "1.2.3.4"] {
        assert_eq!((ask(&trusting, client).await, ask(&strict, client).await), (200, 200));
    }
    assert_eq!(ask(&trusting, "1.2.3.4").await, 429);
    assert_eq!(ask(&trusting, "5.6.7.8").await, 200);
    assert_eq!(ask(&strict, "5.6.7.8").await, 429, "who is not trusted cannot pass for somebody else");
}

#[tokio::test]
async fn a_limit_is_that_of_all_gateways_together() {
    let redis = RedisCluster::start();
    let origin = Origin::saying(&[], "x").await;
    let mut config = before_both(&origin, &origin);
    config.limits.requests_per_minute = 1_000;
    let (one, other) = (sharing(config.clone(), &redis, 1).await, sharing(config, &redis, 2).await);
    let left = async || {
        let answer = one.client.get("/api/v1/auth/sessions").await.expect(200);
        let told = answer.header("ratelimit").unwrap().to_owned();
        let (_, rest) = told.split_once("r=").unwrap();
        rest.split_once(';').unwrap().0.parse::<u32>().unwrap()
    };
    let before = left().await;
    for _ in 0..500 {
        other.client.get("/api/v1/auth/sessions").await.expect(200);
    }
    // Its own requests are few beside those that the other one got.
    wait_until("what the other gateway was asked counts here", SOON, async || left().await + 300 < before).await;
}
