use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use cache::{Cache, Filled, RedisCluster, RedisSettings};
use test_kit::redis_cluster::RedisCluster as Servers;
use test_kit::wait_until;

const MINUTE: Duration = Duration::from_mins(1);
const DEADLINE: Duration = Duration::from_secs(30);
const NAMESPACE: &str = "test:1";

/// Where `key` lies: its tag decides.
fn tag(key: &str) -> String {
    format!("{{{NAMESPACE}:{key}}}:value")
}

async fn client(servers: &Servers, seed: u64) -> RedisCluster {
    RedisCluster::connect(RedisSettings::new(servers.urls().to_vec(), NAMESPACE), seed).await.unwrap()
}

async fn store(cache: &RedisCluster, key: &str, value: &'static str) -> Filled {
    let ticket = eventually(async || cache.begin_fill(key).await).await;
    cache.fill(ticket, Bytes::from(value), MINUTE).await.unwrap()
}

/// The first answer that is no error.
async fn eventually<T, E, F: Future<Output = Result<T, E>>>(ask: impl Fn() -> F) -> T {
    let mut answer = None;
    wait_until("an answer", DEADLINE, async || {
        answer = ask().await.ok();
        answer.is_some()
    })
    .await;
    answer.unwrap()
}

#[tokio::test]
async fn instances_share_entries_and_invalidations() {
    let servers = Servers::start();
    let (one, two) = (client(&servers, 1).await, client(&servers, 2).await);
    assert_eq!(store(&one, "a", "1").await, Filled::Stored);
    assert_eq!(two.get("a").await.unwrap().unwrap(), "1");
    assert_eq!(two.get("b").await.unwrap(), None);

    let slow = one.begin_fill("a").await.unwrap();
    let slower = two.begin_fill("never there").await.unwrap();
    two.invalidate("a").await.unwrap();
    one.invalidate("never there").await.unwrap();
    assert_eq!(one.get("a").await.unwrap(), None);
    let newer = two.begin_fill("a").await.unwrap();
    assert_eq!(one.fill(slow, Bytes::from("old"), MINUTE).await.unwrap(), Filled::Outdated);
    assert_eq!(two.fill(slower, Bytes::from("old"), MINUTE).await.unwrap(), Filled::Outdated);
    assert_eq!(two.fill(newer, Bytes::from("new"), MINUTE).await.unwrap(), Filled::Stored);
    assert_eq!(one.get("a").await.unwrap().unwrap(), "new");

    // The control: a ticket taken when the value is stored, as a plain SET has it, brings back what was invalidated.
    let read_before = Bytes::from("old");
    two.invalidate("a").await.unwrap();
    let too_late = one.begin_fill("a").await.unwrap();
    assert_eq!(one.fill(too_late, read_before, MINUTE).await.unwrap(), Filled::Stored);
    assert_eq!(two.get("a").await.unwrap().unwrap(), "old");

    // Data that is lost voids the fills that were under way.
    let ticket = one.begin_fill("a").await.unwrap();
    servers.lose_everything();
    assert_eq!(one.get("a").await.unwrap(), None);
    assert_eq!(one.fill(ticket, Bytes::from("old"), MINUTE).await.unwrap(), Filled::Outdated);
}

#[tokio::test]
async fn an_invalidation_outlives_the_primary_that_confirmed_it() {
    let servers = Servers::start();
    let (one, two) = (client(&servers, 1).await, client(&servers, 2).await);
    store(&one, "a", "1").await;
    two.invalidate("a").await.unwrap();
    let lost = servers.primary_of(&tag("a"));
    servers.kill(lost);
    let answer = eventually(async || one.get("a").await).await;
    assert_eq!(answer, None);
    assert_eq!(store(&one, "a", "2").await, Filled::Stored);
    assert_eq!(eventually(async || two.get("a").await).await.unwrap(), "2");
    // The new primary has no replica, and answers for itself; the breaker lets a call through now and then at first.
    eventually(async || two.invalidate("a").await).await;
    assert_eq!(one.get("a").await.unwrap(), None);
}

#[tokio::test]
async fn a_hung_shard_fails_quickly_and_others_serve() {
    let servers = Servers::start();
    let cache = client(&servers, 1).await;
    store(&cache, "a", "1").await;
    let hung = servers.primary_of(&tag("a"));
    let names = (0..).map(|number| format!("other {number}"));
    let mut others = names.filter(|name| servers.primary_of(&tag(name)) != hung);
    let other = others.next().unwrap();
    store(&cache, &other, "2").await;
    servers.hang(hung);
    for _ in 0..8 {
        assert!(cache.get("a").await.is_err());
        assert_eq!(cache.get(&other).await.unwrap().unwrap(), "2");
    }
    servers.failed_over(&tag("a"), hung).await;
    assert_eq!(eventually(async || cache.get("a").await).await.unwrap(), "1");
    eventually(async || cache.invalidate("a").await).await;
    servers.resume(hung);
    assert_eq!(cache.get("a").await.unwrap(), None);
}

#[tokio::test]
async fn with_every_node_gone_calls_fail_and_the_unfinished_invalidation_hides_its_key() {
    let servers = Servers::start();
    let mut settings = RedisSettings::new(servers.urls().to_vec(), NAMESPACE);
    settings.invalidation_deadline = Duration::ZERO;
    let cache = RedisCluster::connect(settings, 1).await.unwrap();
    store(&cache, "a", "1").await;
    for node in servers.nodes() {
        servers.hang(node);
    }
    assert!(cache.get("a").await.is_err());
    assert!(cache.begin_fill("a").await.is_err());
    assert!(cache.invalidate("a").await.is_err());
    assert_eq!(cache.get("a").await.unwrap(), None, "it is in doubt");
    for node in servers.nodes() {
        servers.resume(node);
    }
    let other = client(&servers, 2).await;
    let gone = async || other.get("a").await.is_ok_and(|value| value.is_none());
    wait_until("the invalidation lands without being asked again", DEADLINE, gone).await;
}

#[tokio::test]
async fn a_cluster_that_is_not_there_is_no_reason_not_to_start() {
    let settings = RedisSettings::new(vec!["redis://127.0.0.1:1".to_owned()], NAMESPACE);
    let cache = RedisCluster::connect(settings, 1).await.unwrap();
    assert!(cache.get("a").await.is_err());
}

#[tokio::test]
async fn settings_that_cannot_be_meant_are_refused() {
    assert!(RedisCluster::connect(RedisSettings::new(Vec::new(), NAMESPACE), 1).await.is_err());
    assert!(RedisCluster::connect(RedisSettings::new(vec!["nonsense".to_owned()], NAMESPACE), 1).await.is_err());
    assert!(RedisCluster::connect(RedisSettings::new(vec!["redis://localhost".to_owned()], "{"), 1).await.is_err());
}
