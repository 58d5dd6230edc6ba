use std::sync::Arc;

use reqwest::Method;
use test_kit::wait_until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::support::{Origin, SOON, before_both, configured, reply};

#[tokio::test]
async fn clients_that_hang_up_leave_no_fetch_and_no_connection_behind() {
    hang_up(300).await;
}

mod soak {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn clients_that_hang_up_10000_times_leave_no_fetch_and_no_connection_behind() {
        super::hang_up(10_000).await;
    }
}

/// So many clients hang up: before their request is whole, while it is answered, or while they are sent the answer.
async fn hang_up(times: usize) {
    let go_on = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&go_on);
    let origin = Origin::start(move |seen| {
        let gate = Arc::clone(&gate);
        async move {
            let _permit = gate.acquire().await;
            reply(200, &[("cache-control", "max-age=60")], "x".repeat(100_000) + &seen.target)
        }
    })
    .await;
    let mut config = before_both(&origin, &origin);
    (config.limits.connections, config.limits.connections_per_address) = (2 * times, 2 * times);
    let gateway = configured(config).await;
    let (mut streams, mut whole, mut writes) = (Vec::new(), 0, 0);
    for number in 0..times {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        let method = if number % 2 == 0 { "GET" } else { "POST" };
        let head = format!("{method} /api/v1/items/{number} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        let is_whole = number % 3 != 0;
        let sent = if is_whole { head.len() } else { head.len() / 2 };
        stream.write_all(&head.as_bytes()[..sent]).await.unwrap();
        whole += usize::from(is_whole);
        writes += usize::from(is_whole && method == "POST");
        streams.push(stream);
        if streams.len() == 100 {
            // Each hundred is heard before it hangs up; every other hundred, while the answers are on their way.
            origin.until_asked(whole).await;
            if number / 100 % 2 == 0 {
                go_on.add_permits(1_000);
            }
            streams.clear();
        }
    }
    drop(streams);
    go_on.close();
    wait_until("no fetch is under way", SOON, async || {
        gateway.ops.get("/ops/cache").await.expect(200).json()["fetches"] == 0
    })
    .await;
    // No permit is lost either: the breaker lets everybody through, and so do the caps.
    gateway.client.get("/api/v1/items/once-more").await.expect(200);
    // Nothing waits for anybody: the drain is over at once.
    gateway.shutdown.cancel();
    gateway.ended.await.unwrap().unwrap();
    assert_eq!(origin.seen().iter().filter(|seen| seen.method == Method::POST).count(), writes, "each write once");
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
