//! What the time of clients notices of a Redis Cluster that breaks, and of purges between gateways. These hold on a machine that has
//! nothing else to do; what holds on any is in `shared` and `redis_faults`, which every run of the tests tries.
#![expect(clippy::print_stdout, reason = "what is measured is written down from standard output")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use test_kit::redis_cluster::{Node, RedisCluster};
use test_kit::wait_until;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, interval, sleep};

use crate::redis_faults::{Fault, primary, replica};
use crate::shared::{counting, is_shared, read, two};
use crate::support::{Gateway, Origin, SOON, before_both, reply, sharing};

/// Addresses that have been asked for before. Memory has no room for them: they come from Redis.
const KNOWN: usize = 300;

/// Between two requests: 200 a second, every other one for an address that nobody has asked for.
const EVERY: Duration = Duration::from_millis(5);

/// How long is measured before, and during a fault.
const BEFORE: Duration = Duration::from_secs(5);
const FAULT: Duration = Duration::from_secs(12);

/// From when on a fault of one node costs no more calls of the upstream.
const NOTICED: Duration = Duration::from_secs(5);

mod soak {
    use super::{Fault, RedisCluster, primary, replica, shows_elsewhere, survives};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn a_write_shows_through_another_gateway_within_100_ms_and_without_redis_within_5_s() {
        shows_elsewhere(1_000).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn a_primary_that_dies_delays_few() {
        survives("a primary dies", Fault::Killed, primary).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn a_primary_that_hangs_delays_few() {
        survives("a primary hangs", Fault::Hung, primary).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn a_replica_that_dies_delays_few() {
        survives("a replica dies", Fault::Killed, replica).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn a_replica_that_hangs_delays_few() {
        survives("a replica hangs", Fault::Hung, replica).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn a_cluster_that_hangs_as_a_whole_delays_few() {
        survives("all nodes hang", Fault::Hung, RedisCluster::nodes).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn a_cluster_that_dies_as_a_whole_delays_few() {
        survives("all nodes die", Fault::Killed, RedisCluster::nodes).await;
    }
}

/// One answer: when it was asked for, how long that took, and the known address that it is of.
#[derive(Debug, Clone, Copy)]
struct Asked {
    at: Instant,
    took: Duration,
    known: Option<usize>,
}

fn path(known: usize) -> String {
    format!("/api/v1/items/{known}")
}

/// Asks until it is aborted. Every answer has to be a 200.
fn ask_steadily(gateway: &Gateway, asked: &Arc<Mutex<Vec<Asked>>>) -> JoinHandle<()> {
    let (client, asked) = (gateway.client.clone(), Arc::clone(asked));
    tokio::spawn(async move {
        let (mut every, mut asking) = (interval(EVERY), JoinSet::new());
        for number in 0.. {
            every.tick().await;
            while let Some(ended) = asking.try_join_next() {
                ended.expect("every answer is a 200");
            }
            let known = (number % 2 == 0).then_some(number / 2 % KNOWN);
            let path = known.map_or_else(|| path(KNOWN + number), path);
            let (client, asked, at) = (client.clone(), Arc::clone(&asked), Instant::now());
            asking.spawn(async move {
                read(&client, &path).await.expect(200);
                asked.lock().unwrap().push(Asked { at, took: at.elapsed(), known });
            });
        }
    })
}

/// An upstream that notes when it was called.
async fn noting() -> (Origin, Arc<Mutex<Vec<Instant>>>) {
    let calls: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let noted = Arc::clone(&calls);
    let origin = Origin::start(move |_| {
        noted.lock().unwrap().push(Instant::now());
        async move { reply(200, &[("cdn-cache-control", "max-age=600")], "x".repeat(2_000)) }
    });
    (origin.await, calls)
}

/// A gateway that has all known addresses in Redis.
async fn warm(origin: &Origin, redis: &RedisCluster) -> Gateway {
    let mut config = before_both(origin, origin);
    (config.cache.capacity_bytes, config.cache.entry_bytes) = (32 * 1024, 8 * 1024);
    let gateway = sharing(config, redis, 1).await;
    gateway.until_in_step().await;
    wait_until("all of them come from Redis", SOON, async || {
        let mut shared = 0;
        for known in 0..KNOWN {
            shared += usize::from(is_shared(&read(&gateway.client, &path(known)).await.expect(200)));
        }
        shared * 100 > KNOWN * 95
    })
    .await;
    gateway
}

/// Calls of the upstream a second, in each second of a while.
fn rates(calls: &[Instant], from: Instant, to: Instant) -> Vec<usize> {
    let second = |number: u64| from + Duration::from_secs(number);
    let seconds = (0..(to - from).as_secs()).map(|number| second(number)..second(number + 1));
    seconds.map(|second| calls.iter().filter(|call| second.contains(call)).count()).collect()
}

/// Milliseconds within which 99 % are.
fn percentile(times: impl Iterator<Item = Duration>) -> f64 {
    let mut times: Vec<_> = times.collect();
    times.sort_unstable();
    let place = times.len() * 99 / 100;
    times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

/// Which of the known addresses lie on these nodes.
fn struck(redis: &RedisCluster, nodes: &[Node]) -> Vec<bool> {
    let key = |known| format!("{{gateway:1:lend.example{}?}}:value", path(known));
    (0..KNOWN).map(|known| nodes.contains(&redis.primary_of(&key(known)))).collect()
}

async fn survives(what: &str, fault: Fault, choose: impl Fn(&RedisCluster) -> Vec<Node>) {
    let redis = RedisCluster::start();
    let (origin, calls) = noting().await;
    let gateway = warm(&origin, &redis).await;
    let nodes = choose(&redis);
    let struck = struck(&redis, &nodes);
    let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
    let load = ask_steadily(&gateway, &asked);
    let began = Instant::now();
    sleep(BEFORE).await;
    let fell = Instant::now();
    for node in &nodes {
        fault.strike(&redis, *node);
    }
    sleep(FAULT).await;
    let mended = Instant::now();
    for node in &nodes {
        fault.mend(&redis, *node);
    }

    let usual = rates(&calls.lock().unwrap(), began + Duration::from_secs(1), fell).into_iter().max().unwrap();
    let is_usual = |rate: &usize| *rate * 4 <= usual * 5;
    wait_until("Redis answers as before", SOON, async || {
        let now = Instant::now();
        now > mended + NOTICED && rates(&calls.lock().unwrap(), now - Duration::from_secs(2), now).iter().all(is_usual)
    })
    .await;
    assert!(!load.is_finished(), "every answer was a 200");
    load.abort();

    let during: Vec<Asked> =
        asked.lock().unwrap().iter().filter(|one| (fell..mended).contains(&one.at)).copied().collect();
    let elsewhere = during.iter().filter(|one| one.known.is_some_and(|known| !struck[known]));
    let (all, others) = (percentile(during.iter().map(|one| one.took)), percentile(elsewhere.map(|one| one.took)));
    let extra = rates(&calls.lock().unwrap(), fell, mended);
    println!("figure: {what}: 99 % within {all:.1} ms (at most 60), of other shards {others:.1} ms (at most 20)");
    println!("figure: {what}: calls of the upstream a second, {usual} before, then {extra:?}");
    assert!(during.len() > 1_500, "{} requests", during.len());
    assert!(all <= 60.0 && others <= 20.0, "{all} ms, {others} ms");
    assert!(extra.iter().all(|rate| *rate <= usual * 2 + 10), "{usual} then {extra:?}");
    let is_whole = struck.iter().all(|struck| *struck);
    let noticed = usize::try_from(NOTICED.as_secs()).unwrap();
    assert!(is_whole || extra[noticed..].iter().all(is_usual), "{usual} then {extra:?}");
}

/// How long it takes until a write shows through the other gateway, with Redis and without.
async fn shows_elsewhere(writes: usize) {
    let redis = RedisCluster::start();
    let origin = counting().await;
    let (one, other) = two(&origin, &redis).await;
    let mut times = Vec::new();
    for round in 0..writes {
        read(&other.client, "/api/v1/items/7").await.expect(200);
        times.push(until_shown(&one, &other, round + 1).await);
    }
    let usually = percentile(times.into_iter());
    println!("figure: a write shows through another gateway: 99 % within {usually:.1} ms (at most 100)");
    redis.nodes().into_iter().for_each(|node| redis.hang(node));
    let without = until_shown(&one, &other, writes + 1).await;
    println!("figure: the same when every message is lost: {:.1} s (at most 5)", without.as_secs_f64());
    redis.nodes().into_iter().for_each(|node| redis.resume(node));
    assert!(usually <= 100.0 && without < Duration::from_secs(5), "{usually} ms, {without:?}");
}

async fn until_shown(one: &Gateway, other: &Gateway, writes: usize) -> Duration {
    one.client.post("/api/v1/items", &json!({})).await.expect(201);
    let began = Instant::now();
    while read(&other.client, "/api/v1/items/7").await.expect(200).body != writes.to_string().as_bytes() {
        assert!(began.elapsed() < SOON, "it never shows");
        sleep(Duration::from_millis(1)).await;
    }
    began.elapsed()
}
