use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Method;
use test_kit::wait_until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::support::{Origin, SOON, before, reply};

#[tokio::test]
async fn clients_that_hang_up_leave_no_fetch_and_no_connection_behind() {
    let go_on = Arc::new(Semaphore::new(0));
    let served = Arc::new(AtomicUsize::new(0));
    let (gate, count) = (Arc::clone(&go_on), Arc::clone(&served));
    let origin = Origin::start(move |seen| {
        let (gate, count) = (Arc::clone(&gate), Arc::clone(&count));
        async move {
            let _permit = gate.acquire().await;
            count.fetch_add(1, Ordering::SeqCst);
            reply(200, &[("cache-control", "max-age=60")], seen.target)
        }
    })
    .await;
    let gateway = before(&origin).await;
    let mut streams = Vec::new();
    for number in 0..200 {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        let method = if number % 2 == 0 { "GET" } else { "POST" };
        let head = format!("{method} /api/v1/items/{number} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        streams.push(stream);
    }
    origin.until_asked(200).await;
    drop(streams);
    go_on.close();
    wait_until("every write and every fetch has ended", SOON, async || served.load(Ordering::SeqCst) == 200).await;
    wait_until("no fetch is under way", SOON, async || {
        gateway.ops.get("/ops/cache").await.expect(200).json()["fetches"] == 0
    })
    .await;
    // Nothing waits for anybody: the drain is over at once.
    gateway.shutdown.cancel();
    gateway.ended.await.unwrap().unwrap();
    assert_eq!(origin.seen().iter().filter(|seen| seen.method == Method::POST).count(), 100, "each write once");
}

#[tokio::test]
async fn an_upstream_that_breaks_off_breaks_the_answer_off_too() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4096];
            let _read = stream.read(&mut head).await;
            let _written = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this").await;
        }
    });
    let origin = Origin::saying(&[], "").await;
    let mut config = crate::support::before_both(&origin, &origin);
    config.upstreams = [("users", format!("http://{address}")), ("inventory", origin.url())].into_iter().collect();
    let gateway = crate::support::configured(config).await;
    let answer = crate::support::ask(
        gateway.address,
        "GET /api/v1/auth/sessions HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.contains("content-length: 100") && answer.ends_with("only this"), "cut short, not padded: {answer}");
}
