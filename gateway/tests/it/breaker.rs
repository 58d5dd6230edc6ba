use std::time::Duration;

use serde_json::json;
use test_kit::wait_until;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::{Gateway, Origin, SOON, ask, before_both, configured, reply};

async fn state(gateway: &Gateway, upstream: &str) -> String {
    let breakers = gateway.ops.get("/ops/breakers").await.expect(200).json();
    let of_upstream = breakers.as_array().unwrap().iter().find(|breaker| breaker["name"] == upstream).unwrap();
    of_upstream["state"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_upstream_that_is_gone_costs_little_opens_its_breaker_and_is_found_again() {
    let users = Origin::saying(&[], "users").await;
    let inventory = Origin::saying(&[("cdn-cache-control", "max-age=60")], "inventory").await;
    let gateway = configured(before_both(&users, &inventory)).await;
    gateway.client.post("/api/v1/auth/login", &json!({})).await.expect(200);
    users.stop().await;

    for _ in 0..10 {
        let begun = Instant::now();
        let answer = gateway.client.post("/api/v1/auth/login", &json!({})).await.expect(503);
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        assert_eq!(answer.problem(), "unavailable");
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=30).contains(&wait), "{wait}");
    }
    assert_eq!(state(&gateway, "users").await, "open");
    assert_eq!(state(&gateway, "inventory").await, "closed");
    gateway.client.get("/api/v1/items").await.expect(200);

    users.restart().await;
    wait_until("the breaker closes", SOON, async || {
        gateway.client.post("/api/v1/auth/login", &json!({})).await;
        state(&gateway, "users").await == "closed"
    })
    .await;
    gateway.client.post("/api/v1/auth/login", &json!({})).await.expect(200);
}

#[tokio::test]
async fn behind_an_open_breaker_stale_answers_go_on() {
    let lenient = &[("cdn-cache-control", "max-age=60, stale-if-error=600")];
    let inventory = Origin::start(move |seen| async move {
        if seen.target == "/api/v1/items" && seen.number == 1 {
            reply(200, lenient, "kept")
        } else {
            reply(500, &[], "")
        }
    })
    .await;
    let gateway = configured(before_both(&inventory, &inventory)).await;
    gateway.client.get("/api/v1/items").await.expect(200);
    gateway.hands.advance(Duration::from_secs(61));
    wait_until("the breaker opens", SOON, async || {
        gateway.client.get("/api/v1/categories").await;
        state(&gateway, "inventory").await == "open"
    })
    .await;
    let asked = inventory.count();
    let answer = gateway.client.get("/api/v1/items").await.expect(200);
    assert_eq!(answer.body, b"kept");
    gateway.client.get("/api/v1/photos/1").await.expect(503);
    assert_eq!(inventory.count(), asked, "an open breaker lets nothing through");
}

#[tokio::test]
async fn an_upstream_that_hangs_is_answered_for_within_the_deadline() {
    let origin = Origin::start(|_| std::future::pending()).await;
    let mut config = before_both(&origin, &origin);
    for route in &mut config.routes {
        route.deadline_ms = 300;
    }
    let gateway = configured(config).await;
    for path in ["/api/v1/items", "/api/v1/auth/sessions"] {
        let answer = gateway.client.get(path).await.expect(503);
        assert_eq!(answer.problem(), "unavailable");
    }
}

#[tokio::test]
async fn clients_that_send_half_a_body_are_told_so_and_leave_the_breaker_closed() {
    let origin = Origin::saying(&[], "").await;
    let mut config = before_both(&origin, &origin);
    config.limits.body_deadline_ms = 200;
    let gateway = configured(config).await;
    let half = "POST /api/v1/items HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc";
    let mut asked = JoinSet::new();
    for _ in 0..20 {
        asked.spawn(ask(gateway.address, half));
        let mut gone = TcpStream::connect(gateway.address).await.unwrap();
        gone.write_all(half.as_bytes()).await.unwrap();
    }
    for answer in asked.join_all().await {
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("did not arrive in time"), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
    assert_eq!(state(&gateway, "inventory").await, "closed");
    gateway.client.post("/api/v1/items", &json!({})).await.expect(200);
}
