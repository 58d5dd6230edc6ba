//! Listeners that share one set of caps.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use service_kit::serve::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::serve::{Served, start};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

async fn two(limits: Limits) -> [Served; 2] {
    let hello = || Router::new().route("/", get(|| async { "hello" }));
    [start(hello(), limits.clone()).await, start(hello(), limits).await]
}

#[tokio::test]
async fn listeners_with_one_cap_serve_as_many_connections_together_as_one_would() {
    let [one, other] = two(Limits { connections: 1, ..Limits::default() }).await;
    for listener in [&one, &other] {
        assert!(listener.ask(GET).await.ends_with("hello"), "an idle listener keeps no place for itself");
    }
    let mut first = one.connect().await;
    first.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    first.read_u8().await.unwrap();
    let mut second = other.connect().await;
    second.write_all(GET.as_bytes()).await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(200), second.read_u8()).await;
    assert!(early.is_err(), "served beyond the cap");
    drop(first);
    let mut answer = String::new();
    second.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("hello"), "{answer}");
}

#[tokio::test]
async fn an_address_has_no_more_connections_by_coming_through_two_listeners() {
    let [one, other] = two(Limits { connections_per_address: Some(1), ..Limits::default() }).await;
    let mut first = one.connect().await;
    first.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    first.read_u8().await.unwrap();
    assert_eq!(other.ask(GET).await, "", "a second connection is closed at once");
}
