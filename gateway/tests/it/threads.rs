//! The gateway as its own program runs it: connections on several threads, one cache and one set of breakers.

use std::time::Duration;

use gateway::{Deps, Threads, run_by};
use serde_json::json;
use service_kit::clock::Clock;
use service_kit::ops::Ops;
use service_kit::serve::Crew;
use test_kit::http::Client;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::shared::counting;
use crate::support::before_both;

#[tokio::test]
async fn what_one_thread_stores_or_drops_all_of_them_see() {
    let origin = counting().await;
    let crew = Crew::muster().unwrap();
    let client = || peer::http_client(Duration::from_millis(500)).unwrap();
    let threads = Threads { hands: crew.hands(), http: crew.runtimes().map(|id| (id, client())).collect() };
    let shutdown = CancellationToken::new();
    let ops = Ops::new("test", shutdown.clone());
    let deps = Deps { clock: Clock::system(), ops, http: client(), seed: 7, listening: Vec::new() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let config = before_both(&origin, &origin);
    let ended = tokio::spawn(run_by(threads, config, deps, listener, shutdown.clone()));
    // Each keeps a connection of its own, so that every thread has some.
    let clients: Vec<_> = (0..8).map(|_| Client::new(base.clone())).collect();
    for round in 0..20_usize {
        let mut asking = JoinSet::new();
        for client in clients.clone() {
            asking.spawn(async move { client.get("/api/v1/items").await.expect(200).body });
        }
        for body in asking.join_all().await {
            assert_eq!(body, round.to_string().as_bytes());
        }
        assert_eq!(origin.count(), 2 * round + 1, "one of them asked");
        clients[round % clients.len()].post("/api/v1/items", &json!({})).await.expect(201);
    }
    shutdown.cancel();
    ended.await.unwrap().unwrap();
    tokio::task::spawn_blocking(move || drop(crew)).await.expect("its threads end");
}
