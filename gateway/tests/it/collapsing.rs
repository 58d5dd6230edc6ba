use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use test_kit::http::Answer;
use test_kit::wait_until;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use crate::support::{Gateway, Origin, SOON, before, before_both, configured, connect, renew, reply};

fn all_at_once(gateway: &Gateway, clients: usize, path: &'static str) -> JoinSet<Answer> {
    let mut asking = JoinSet::new();
    for _ in 0..clients {
        let client = gateway.client.clone();
        asking.spawn(async move { client.get(path).await });
    }
    asking
}

#[tokio::test]
async fn a_crowd_on_one_expired_address_is_one_upstream_call() {
    crowd(500).await;
}

mod soak {
    use std::fs;

    use serde_json::json;
    use test_kit::http::Client;
    use test_kit::process::{Process, command};

    use super::*;

    /// The gateway is a process of its own, for a process may have no more than so many open sockets.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn of_10000_clients_on_one_expired_address_one_asks_the_upstream() {
        const CLIENTS: usize = 10_000;
        let (origin, go_on) = held_back().await;
        let directory = tempfile::tempdir().unwrap();
        let [address, ops] = free_addresses().await;
        let file = directory.path().join("gateway.toml");
        let settings = format!(
            "listen = \"{address}\"\nops_listen = \"{ops}\"\npages = false\n\
             [limits]\nconnections = {most}\nconnections_per_address = {most}\n\
             [upstreams.origin]\nurl = \"{url}\"\ndocumented = false\nattempt_ms = 120000\n\
             [[routes]]\nprefix = \"/\"\nupstream = \"origin\"\ncache = true\ndeadline_ms = 120000\n",
            most = 2 * CLIENTS,
            url = origin.url(),
        );
        fs::write(&file, settings).unwrap();
        let _gateway = Process::start(command(env!("CARGO_BIN_EXE_gateway")).arg("--config").arg(&file));
        let is_there = async || TcpStream::connect(address).await.is_ok() && TcpStream::connect(ops).await.is_ok();
        wait_until("the gateway listens", SOON, is_there).await;
        Client::new(format!("http://{address}")).get("/a").await.expect(200);
        // Purged softly, it is there and has expired.
        Client::new(format!("http://{ops}")).post("/ops/cache/purge", &json!({"all": true})).await.expect(200);
        ask_together(address, "/a", CLIENTS, &origin, &go_on).await;
    }

    async fn free_addresses() -> [SocketAddr; 2] {
        let (one, other) =
            (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
        [one.local_addr().unwrap(), other.local_addr().unwrap()]
    }
}

/// So many clients ask for an address that has just expired.
async fn crowd(clients: usize) {
    let (origin, go_on) = held_back().await;
    let mut config = before_both(&origin, &origin);
    (config.limits.connections, config.limits.connections_per_address) = (2 * clients, 2 * clients);
    // The upstream is held back until the last of them has come, however slow the machine.
    config.routes.iter_mut().for_each(|route| route.deadline_ms = 120_000);
    config.upstreams.0.values_mut().for_each(|upstream| upstream.attempt_ms = 120_000);
    let gateway = configured(config).await;
    gateway.client.get("/api/v1/items").await.expect(200);
    gateway.hands.advance(Duration::from_secs(61));
    ask_together(gateway.address, "/api/v1/items", clients, &origin, &go_on).await;
}

/// An origin that answers once, and then only as often as it is let.
async fn held_back() -> (Origin, Arc<Semaphore>) {
    let go_on = Arc::new(Semaphore::new(1));
    let gate = Arc::clone(&go_on);
    let origin = Origin::start(move |seen| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            reply(200, &[("cache-control", "max-age=60")], seen.number.to_string())
        }
    });
    (origin.await, go_on)
}

/// So many clients, each with a connection of its own, ask the gateway at the same time, and one call answers them all.
async fn ask_together(address: SocketAddr, path: &str, clients: usize, origin: &Origin, go_on: &Semaphore) {
    let mut streams = Vec::new();
    for _ in 0..clients {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        streams.push(stream);
    }
    origin.until_asked(2).await;
    // More than one is enough: were they not collapsed, they would all be answered differently.
    go_on.add_permits(clients);
    for mut stream in streams {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n2"), "{answer}");
    }
    assert_eq!(origin.count(), 2);
}

#[tokio::test]
async fn of_a_crowd_over_http_and_https_on_one_cold_address_each_half_is_one_upstream_call() {
    const HALF: usize = 50;
    let go_on = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&go_on);
    let origin = Origin::start(move |seen| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            let scheme = seen.header("x-forwarded-proto").unwrap_or_default();
            reply(200, &[("cache-control", "max-age=60")], format!("{} over {scheme}", seen.number))
        }
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let certificate = renew(directory.path());
    let secure = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut config = before_both(&origin, &origin);
    config.tls_listen = Some(secure.to_string());
    config.tls_certificate = Some(directory.path().join("certificate.pem"));
    config.tls_key = Some(directory.path().join("key.pem"));
    (config.limits.connections, config.limits.connections_per_address) = (4 * HALF, 4 * HALF);
    let gateway = configured(config).await;
    wait_until("it serves over TLS", SOON, async || TcpStream::connect(secure).await.is_ok()).await;

    let head = b"GET /api/v1/items HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let (mut plain, mut over_tls) = (Vec::new(), Vec::new());
    for _ in 0..HALF {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        stream.write_all(head).await.unwrap();
        plain.push(stream);
        let mut stream = connect(secure, &certificate, "http/1.1").await.unwrap();
        stream.write_all(head).await.unwrap();
        over_tls.push(stream);
    }
    // All but those who ask for their halves.
    gateway.until_waiting(2 * (HALF - 1)).await;
    assert_eq!(origin.count(), 2, "one for each scheme");
    // Were more of them on their way, each would be let through and answered with a number of its own.
    go_on.add_permits(2 * HALF);
    let plain = bodies(plain).await;
    let over_tls = bodies(over_tls).await;
    assert_eq!(origin.count(), 2);
    for (scheme, bodies) in [("http", &plain), ("https", &over_tls)] {
        assert!(bodies[0].ends_with(&format!(" over {scheme}")), "{bodies:?}");
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    }
}

/// What these connections are answered.
async fn bodies(streams: Vec<impl AsyncRead + Unpin>) -> Vec<String> {
    let mut bodies = Vec::new();
    for mut stream in streams {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        bodies.push(answer.split_once("\r\n\r\n").unwrap().1.to_owned());
    }
    bodies
}

#[tokio::test]
async fn what_cannot_be_stored_is_not_asked_for_one_after_the_other() {
    let together = Arc::new(tokio::sync::Barrier::new(10));
    let origin = Origin::start(move |seen| {
        let together = Arc::clone(&together);
        async move {
            if seen.number > 1 {
                // Passes only when ten are here at the same time.
                together.wait().await;
            }
            reply(200, &[("cache-control", "no-store")], "")
        }
    })
    .await;
    let gateway = before(&origin).await;
    gateway.client.get("/api/v1/items").await.expect(200);
    let answers = all_at_once(&gateway, 10, "/api/v1/items").join_all().await;
    assert!(
        answers.iter().all(|answer| answer.status == 200),
        "{:?}",
        answers.iter().map(|a| a.status).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn those_who_wait_for_an_answer_that_is_not_theirs_ask_for_themselves() {
    let go_on = Arc::new(Notify::new());
    let waiting = Arc::clone(&go_on);
    let origin = Origin::start(move |seen| {
        let waiting = Arc::clone(&waiting);
        async move {
            if seen.number == 1 {
                waiting.notified().await;
            }
            reply(200, &[("cache-control", "private")], seen.number.to_string())
        }
    })
    .await;
    let gateway = before(&origin).await;
    let asking = all_at_once(&gateway, 5, "/api/v1/items");
    origin.until_asked(1).await;
    go_on.notify_one();
    let mut bodies: Vec<_> = asking.join_all().await.into_iter().map(|answer| answer.body).collect();
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), 5, "no two got the same private answer");
}

#[tokio::test]
async fn a_failure_is_told_to_all_who_waited_for_it() {
    let go_on = Arc::new(Notify::new());
    let waiting = Arc::clone(&go_on);
    let origin = Origin::start(move |seen| {
        let waiting = Arc::clone(&waiting);
        async move {
            if seen.number == 1 {
                waiting.notified().await;
            }
            reply(500, &[], "")
        }
    })
    .await;
    let gateway = before(&origin).await;
    let asking = all_at_once(&gateway, 50, "/api/v1/items");
    origin.until_asked(1).await;
    go_on.notify_one();
    assert!(asking.join_all().await.iter().all(|answer| answer.status == 500 || answer.status == 503));
    assert!(origin.count() < 10, "{} calls for 50 clients", origin.count());
}

#[tokio::test]
async fn when_the_client_that_began_a_fetch_hangs_up_the_others_get_it() {
    let go_on = Arc::new(Notify::new());
    let waiting = Arc::clone(&go_on);
    let origin = Origin::start(move |seen| {
        let waiting = Arc::clone(&waiting);
        async move {
            waiting.notified().await;
            reply(200, &[("cache-control", "max-age=60")], seen.number.to_string())
        }
    })
    .await;
    let gateway = before(&origin).await;
    let client = gateway.client.clone();
    let first = tokio::spawn(async move { client.get("/api/v1/items").await });
    origin.until_asked(1).await;
    let others = all_at_once(&gateway, 5, "/api/v1/items");
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    go_on.notify_one();
    assert!(others.join_all().await.iter().all(|answer| answer.body == b"1"));
    assert_eq!(origin.count(), 1);
}
