use reqwest::Method;
use test_kit::http::send;

use crate::support::{Origin, ask, before, before_both, configured, reply};

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_413_announced_or_not() {
    let origin = Origin::saying(&[], "").await;
    let gateway = before(&origin).await;
    let large = vec![b'x'; 70 * 1024];
    let announced = gateway.client.request(Method::POST, "/api/v1/items").body(large.clone());
    let refused = send(announced).await.expect(413);
    assert_eq!((refused.problem().as_str(), refused.header("connection")), ("body_too_large", Some("close")));

    let mut chunked =
        b"POST /api/v1/items HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n".to_vec();
    chunked.extend_from_slice(format!("{:x}\r\n", large.len()).as_bytes());
    chunked.extend_from_slice(&large);
    chunked.extend_from_slice(b"\r\n0\r\n\r\n");
    let answer = ask(gateway.address, chunked).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("body_too_large"), "{answer}");

    let fits = gateway.client.request(Method::POST, "/api/v1/items").body(vec![b'x'; 64 * 1024]);
    send(fits).await.expect(200);
    let photo = gateway.client.request(Method::POST, "/api/v1/items/7/photos").body(vec![b'x'; 10 * 1024 * 1024]);
    send(photo).await.expect(200);
    assert_eq!(origin.seen().last().unwrap().body.len(), 10 * 1024 * 1024);
}

#[tokio::test]
async fn headers_over_the_limit_are_refused_with_431() {
    let origin = Origin::saying(&[], "").await;
    let gateway = before(&origin).await;
    let many = |fields| {
        format!("GET /api/v1/items HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{}\r\n", "X: y\r\n".repeat(fields))
    };
    let answer = ask(gateway.address, many(80)).await;
    assert!(answer.starts_with("HTTP/1.1 431") && answer.contains("headers_too_large"), "{answer}");
    let answer = ask(gateway.address, many(200)).await;
    assert!(answer.starts_with("HTTP/1.1 431") && answer.contains("headers_too_large"), "{answer}");
    let long = format!("GET /api/v1/items HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "y".repeat(100 * 1024));
    let answer = ask(gateway.address, long).await;
    assert!(answer.starts_with("HTTP/1.1 431") && answer.contains("headers_too_large"), "{answer}");
    assert_eq!(origin.count(), 0);
}

#[tokio::test]
async fn a_body_that_trickles_is_refused_at_its_deadline() {
    let origin = Origin::saying(&[], "").await;
    let mut config = before_both(&origin, &origin);
    config.limits.body_deadline_ms = 200;
    let gateway = configured(config).await;
    let half = "POST /api/v1/items HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nConnection: close\r\n\r\nabc";
    let answer = ask(gateway.address, half).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("did not arrive in time"), "{answer}");
}

#[tokio::test]
async fn what_the_service_refuses_passes_through_untouched() {
    let origin = Origin::start(|seen| async move {
        if seen.method == Method::DELETE {
            return reply(405, &[("allow", "GET, POST")], "");
        }
        let body = "{\"type\":\"/problems/unknown-parameter\",\"status\":400}";
        reply(400, &[("content-type", "application/problem+json"), ("cache-control", "max-age=60")], body)
    })
    .await;
    let gateway = before(&origin).await;
    let refused = send(gateway.client.request(Method::DELETE, "/api/v1/items")).await.expect(405);
    assert_eq!(refused.header("allow"), Some("GET, POST"));
    for calls in [2, 3] {
        let answer = gateway.client.get("/api/v1/items?q=1&q=2").await.expect(400);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(origin.count(), calls, "a refusal of an odd request is not stored");
    }
}

#[tokio::test]
async fn only_the_hosts_of_the_list_are_served() {
    let origin = Origin::saying(&[], "").await;
    let config = gateway::Config { hosts: vec!["lend.example".to_owned()], ..before_both(&origin, &origin) };
    let gateway = configured(config).await;
    let with_host = |host: &str| send(gateway.client.request(Method::GET, "/api/v1/items").header("host", host));
    with_host("lend.example:8080").await.expect(200);
    assert_eq!(with_host("evil.example").await.expect(400).problem(), "malformed_request");
}

#[tokio::test]
async fn a_configuration_with_mistakes_names_them_all() {
    let gateway = configured(gateway::Config::default()).await;
    let error = gateway.ended.await.unwrap().unwrap_err().to_string();
    assert!(error.contains("upstream: `users` has no address for /api/v1/auth;"), "{error}");
    assert!(error.contains("upstream: `inventory` has no address for /api/v1/items;"), "{error}");
}
