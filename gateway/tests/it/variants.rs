//! Answers that depend on what a request says besides its address.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use test_kit::http::{Answer, send};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::support::{Gateway, Origin, before, before_both, configured, reply};

const PATH: &str = "/api/v1/items";

/// Half of the crowd.
const HALF: usize = 50;

async fn ask(gateway: &Gateway, language: &str) -> Answer {
    send(gateway.client.request(Method::GET, PATH).header("accept-language", language)).await
}

fn crowd(gateway: &Gateway) -> JoinSet<(&'static str, Answer)> {
    let mut asking = JoinSet::new();
    for language in ["en", "de"].repeat(HALF) {
        let request = gateway.client.request(Method::GET, PATH).header("accept-language", language);
        asking.spawn(async move { (language, send(request).await.expect(200)) });
    }
    asking
}

async fn all_read_their_language(crowd: JoinSet<(&'static str, Answer)>) {
    for (language, answer) in crowd.join_all().await {
        assert_eq!(answer.body, language.as_bytes());
    }
}

#[tokio::test]
async fn each_variant_a_crowd_asks_for_is_one_upstream_call_cold_and_expired() {
    let go_on = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&go_on);
    let origin = Origin::start(move |seen| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            let headers = [("cache-control", "max-age=60"), ("vary", "accept-language")];
            reply(200, &headers, seen.header("accept-language").unwrap_or_default().to_owned())
        }
    })
    .await;
    let mut config = before_both(&origin, &origin);
    (config.limits.connections, config.limits.connections_per_address) = (4 * HALF, 4 * HALF);
    let gateway = configured(config).await;
    // Nobody knows yet that it varies.
    let asking = crowd(&gateway);
    gateway.until_waiting(2 * HALF - 1).await;
    go_on.add_permits(1);
    gateway.until_waiting(HALF - 1).await;
    assert_eq!(origin.count(), 2);
    // Were more of them on their way, each would be let through.
    go_on.add_permits(HALF);
    all_read_their_language(asking).await;
    assert_eq!(origin.count(), 2);

    go_on.forget_permits(HALF);
    gateway.hands.advance(Duration::from_secs(61));
    let asking = crowd(&gateway);
    gateway.until_waiting(2 * HALF - 2).await;
    go_on.add_permits(2 * HALF);
    all_read_their_language(asking).await;
    assert_eq!(origin.count(), 4);
}

#[tokio::test]
async fn a_confirmation_that_says_what_an_answer_depends_on_is_heeded() {
    let origin = Origin::start(|seen| async move {
        let language = seen.header("accept-language").unwrap_or_default().to_owned();
        let headers = [("cache-control", "max-age=60"), ("etag", "\"1\""), ("vary", "accept-language")];
        match seen.number {
            1 => reply(200, &headers[..2], language),
            2 => reply(304, &headers, ""),
            _ => reply(200, &headers, language),
        }
    })
    .await;
    let gateway = before(&origin).await;
    assert_eq!(ask(&gateway, "en").await.expect(200).body, b"en");
    gateway.hands.advance(Duration::from_secs(61));
    assert_eq!(ask(&gateway, "en").await.expect(200).body, b"en");
    assert_eq!(origin.count(), 2);
    assert_eq!(ask(&gateway, "de").await.expect(200).body, b"de");
    assert_eq!(ask(&gateway, "en").await.expect(200).body, b"en");
    assert_eq!(origin.count(), 3);
}

/// What a client at this address of the machine reads, which says that it is somebody else.
async fn read_from(gateway: &Gateway, address: &str, said: &str) -> String {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{address}:0").parse().unwrap()).unwrap();
    let mut stream = socket.connect(gateway.address).await.unwrap();
    let head = format!("GET {PATH} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{said}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[tokio::test]
async fn what_a_client_says_of_its_address_does_not_choose_an_answer_from_memory() {
    let origin = Origin::start(|seen| async move {
        let headers = [("cache-control", "max-age=60"), ("vary", "x-forwarded-for")];
        reply(200, &headers, seen.header("x-forwarded-for").unwrap_or_default().to_owned())
    })
    .await;
    let gateway = before(&origin).await;
    assert_eq!(read_from(&gateway, "127.0.0.2", "").await, "127.0.0.2");
    assert_eq!(read_from(&gateway, "127.0.0.1", "X-Forwarded-For: 127.0.0.2\r\n").await, "127.0.0.1");
    assert_eq!(read_from(&gateway, "127.0.0.2", "").await, "127.0.0.2");
    assert_eq!(origin.count(), 2, "each has its own from memory");
}
