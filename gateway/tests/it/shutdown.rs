//! What the last writes of a gateway that ends change: the other gateways learn of it all the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Method;
use serde_json::json;
use test_kit::redis_cluster::RedisCluster;
use test_kit::wait_until;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::shared::{read, two};
use crate::support::{Gateway, Origin, SOON, reply};

const PATH: &str = "/api/v1/items/7";

/// A service that counts its writes, each of which waits for a permit; what reads say belongs to the group "items".
async fn slow_to_write(permits: &Arc<Semaphore>) -> Origin {
    let (writes, permits) = (Arc::new(AtomicUsize::new(0)), Arc::clone(permits));
    Origin::start(move |seen| {
        let (writes, permits) = (Arc::clone(&writes), Arc::clone(&permits));
        async move {
            if seen.method == Method::GET {
                let headers = [("cdn-cache-control", "max-age=600"), ("cache-groups", "\"items\"")];
                return reply(200, &headers, writes.load(Ordering::SeqCst).to_string());
            }
            permits.acquire().await.unwrap().forget();
            writes.fetch_add(1, Ordering::SeqCst);
            reply(201, &[("cache-group-invalidation", "\"items\"")], "")
        }
    })
    .await
}

async fn shown(gateway: &Gateway) -> Vec<u8> {
    read(&gateway.client, PATH).await.expect(200).body
}

#[tokio::test]
async fn a_write_that_is_answered_while_its_gateway_drains_shows_through_the_others() {
    let (redis, permits) = (RedisCluster::start(), Arc::new(Semaphore::new(0)));
    let origin = slow_to_write(&permits).await;
    let (one, other) = two(&origin, &redis).await;
    assert_eq!(shown(&other).await, b"0");
    let asked = origin.count();
    let writer = one.client.clone();
    let write = tokio::spawn(async move { writer.post("/api/v1/items", &json!({})).await });
    origin.until_asked(asked + 1).await;
    one.shutdown.cancel();
    let is_closed = async || TcpStream::connect(one.address).await.is_err();
    wait_until("it drains", SOON, is_closed).await;
    permits.add_permits(1);
    write.await.unwrap().expect(201);
    one.ended.await.unwrap().unwrap();
    wait_until("the other gateway shows it", SOON, async || shown(&other).await == b"1").await;
}

#[tokio::test]
async fn a_write_whose_client_has_hung_up_is_waited_for_and_shows_through_the_others() {
    let (redis, permits) = (RedisCluster::start(), Arc::new(Semaphore::new(0)));
    let origin = slow_to_write(&permits).await;
    let (one, other) = two(&origin, &redis).await;
    assert_eq!(shown(&other).await, b"0");
    let asked = origin.count();
    let mut client = TcpStream::connect(one.address).await.unwrap();
    let write = b"POST /api/v1/items HTTP/1.1\r\nHost: lend.example\r\nContent-Length: 0\r\n\r\n";
    client.write_all(write).await.unwrap();
    origin.until_asked(asked + 1).await;
    drop(client);
    one.shutdown.cancel();
    let is_closed = async || TcpStream::connect(one.address).await.is_err();
    wait_until("it drains", SOON, is_closed).await;
    permits.add_permits(1);
    one.ended.await.unwrap().unwrap();
    wait_until("the other gateway shows it", SOON, async || shown(&other).await == b"1").await;
}
