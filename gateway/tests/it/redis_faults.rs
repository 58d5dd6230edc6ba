//! What clients notice of a Redis Cluster that breaks: nothing but the time it takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use test_kit::redis_cluster::{Node, RedisCluster};
use test_kit::wait_until;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval};

use crate::shared::{counting, read, two};
use crate::support::{Gateway, Origin, SOON};

/// Different addresses that are read.
const ADDRESSES: usize = 50;

/// How long the fault lasts at least: longer than a replica takes to take over.
const FAULT: Duration = Duration::from_secs(4);

/// What becomes of a node or of all of them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    Killed,
    Hung,
}

impl Fault {
    pub(crate) fn strike(self, redis: &RedisCluster, node: Node) {
        match self {
            Self::Killed => redis.kill(node),
            Self::Hung => redis.hang(node),
        }
    }

    pub(crate) fn mend(self, redis: &RedisCluster, node: Node) {
        match self {
            Self::Killed => redis.restart(node),
            Self::Hung => redis.resume(node),
        }
    }
}

/// Reads at a steady rate until it is told to stop; every answer has to be a 200.
fn read_steadily(gateway: &Gateway, every: Duration) -> (Arc<AtomicBool>, JoinSet<usize>) {
    let stop = Arc::new(AtomicBool::new(false));
    let (client, stopped) = (gateway.client.clone(), Arc::clone(&stop));
    let mut reading = JoinSet::new();
    reading.spawn(async move {
        let mut every = interval(every);
        let mut asked = JoinSet::new();
        let mut number = 0;
        while !stopped.load(Ordering::Relaxed) {
            every.tick().await;
            number += 1;
            let (client, path) = (client.clone(), format!("/api/v1/items/{}", number % ADDRESSES));
            asked.spawn(async move { read(&client, &path).await.expect(200) });
        }
        asked.join_all().await.len()
    });
    (stop, reading)
}

async fn survives(fault: Fault, choose: impl Fn(&RedisCluster) -> Vec<Node>) {
    let redis = RedisCluster::start();
    let origin = counting().await;
    let (one, other) = two(&origin, &redis).await;
    let load = [read_steadily(&one, Duration::from_millis(10)), read_steadily(&other, Duration::from_millis(10))];
    wait_until("it is warm", SOON, async || origin.count() >= ADDRESSES).await;
    let nodes = choose(&redis);
    let began = Instant::now();
    for node in &nodes {
        fault.strike(&redis, *node);
    }
    let mut writes = 0;
    while began.elapsed() < FAULT {
        one.client.post("/api/v1/items", &json!({})).await.expect(201);
        writes += 1;
        let own = read(&one.client, "/api/v1/items/1").await.expect(200).body;
        assert_eq!(own, writes.to_string().as_bytes(), "a write shows at once through its own gateway");
        let shown = async || read(&other.client, "/api/v1/items/1").await.expect(200).body == own;
        wait_until("a write shows through the other gateway", SOON, shown).await;
    }
    for node in nodes {
        fault.mend(&redis, node);
    }
    one.until_in_step().await;
    other.until_in_step().await;
    for (stop, reading) in load {
        stop.store(true, Ordering::Relaxed);
        let answered: usize = reading.join_all().await.into_iter().sum();
        assert!(answered > ADDRESSES, "{answered} reads, all of them answered");
    }
    bounded(&origin, writes);
}

/// Each write makes every address be read again, by two gateways at most; the fault costs some rounds more, for what is
/// in memory counts for 2.5 s then. Without the memory there would be ten times as many calls.
fn bounded(origin: &Origin, writes: usize) {
    let calls = origin.count() - writes;
    let rounds = 2 * (writes + 20);
    assert!(calls <= rounds * ADDRESSES, "{calls} calls of the upstream, {writes} writes");
}

pub(crate) fn primary(redis: &RedisCluster) -> Vec<Node> {
    vec![redis.primary_of("{gateway:notes}:value")]
}

pub(crate) fn replica(redis: &RedisCluster) -> Vec<Node> {
    let primaries = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|key| redis.primary_of(key));
    redis.nodes().into_iter().find(|node| !primaries.contains(node)).into_iter().collect()
}

#[tokio::test]
async fn a_primary_that_dies_costs_no_client_an_answer() {
    survives(Fault::Killed, primary).await;
}

#[tokio::test]
async fn a_primary_that_hangs_costs_no_client_an_answer() {
    survives(Fault::Hung, primary).await;
}

#[tokio::test]
async fn a_replica_that_hangs_costs_no_client_an_answer() {
    survives(Fault::Hung, replica).await;
}

#[tokio::test]
async fn a_replica_that_dies_costs_no_client_an_answer() {
    survives(Fault::Killed, replica).await;
}

#[tokio::test]
async fn a_cluster_that_hangs_as_a_whole_costs_no_client_an_answer_and_is_used_again_after_it() {
    survives(Fault::Hung, RedisCluster::nodes).await;
}

#[tokio::test]
async fn a_cluster_that_dies_as_a_whole_costs_no_client_an_answer_and_is_used_again_after_it() {
    survives(Fault::Killed, RedisCluster::nodes).await;
}
