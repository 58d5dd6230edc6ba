//! Clients that hang up in the middle of a write: it happens once, wholly, or not at all.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;
use test_kit::http::Client;
use test_kit::wait_until;

use crate::member::join;
use crate::platform::Platform;

#[tokio::test]
async fn a_write_whose_client_hangs_up_happens_once_or_not_at_all() {
    hang_up(60).await;
}

mod soak {
    #[tokio::test]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn of_4000_writes_whose_clients_hang_up_each_happens_once_or_not_at_all() {
        super::hang_up(4_000).await;
    }
}

/// Sockets that are opened without waiting for an answer in between: an address that has too many is refused, as it should be.
const AT_ONCE: usize = 50;

async fn hang_up(times: usize) {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::up_with(directory.path(), &["--demo"]).await;
    let member = join(&platform.web, "hasty@example.org").await;
    let base = platform.printed().lines().last().unwrap().rsplit('/').next().unwrap().to_owned();
    for number in 0..times {
        let body = json!({ "name": format!("Balloon {number}"), "category": "party" }).to_string();
        let head = format!(
            "POST /api/v1/items HTTP/1.1\r\nhost: {base}\r\nauthorization: Bearer {}\r\nidempotency-key: balloon-{number}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            member.access_token,
            body.len()
        );
        let request = [head.as_bytes(), body.as_bytes()].concat();
        // Some hang up half way through the request, the others before its answer.
        let sent = if number % 3 == 0 { request.len() - body.len() / 2 } else { request.len() };
        let mut socket = TcpStream::connect(&base).unwrap();
        socket.write_all(&request[..sent]).unwrap();
        drop(socket);
        if number % AT_ONCE == 0 {
            platform.web.get("/api/v1/items").await.expect(200);
        }
    }
    // A write after all of them, by the same keys, finds each one done once or not at all, and does it now.
    for number in 0..times {
        let body = json!({ "name": format!("Balloon {number}"), "category": "party" });
        let post = async || {
            let request = member.client.request(reqwest::Method::POST, "/api/v1/items");
            test_kit::http::send(request.header("idempotency-key", format!("balloon-{number}")).json(&body)).await
        };
        wait_until("the key to be free", Duration::from_secs(10), async || post().await.status != 409).await;
        post().await.expect(201);
    }
    assert_eq!(count_own(&member.client).await, times);
    assert!(platform.stop().await, "nothing hangs behind the sockets that were closed");
}

async fn count_own(client: &Client) -> usize {
    let mut count = 0;
    let mut path = "/api/v1/users/me/items?limit=100".to_owned();
    loop {
        let page = client.get(&path).await.expect(200).json();
        count += page["items"].as_array().unwrap().len();
        let Some(next) = page["next"].as_str() else { return count };
        path = format!("/api/v1/users/me/items?limit=100&cursor={next}");
    }
}
