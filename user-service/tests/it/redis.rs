//! Two instances that share PostgreSQL and a real Redis Cluster, also while that loses nodes.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cache::{Cache, RedisCluster, RedisSettings};
use http::HeaderMap;
use serde_json::json;
use service_kit::clock::Clock;
use test_kit::redis_cluster::RedisCluster as Servers;
use test_kit::{Engine, TestDatabase, wait_until};
use user_api::{RememberedUsers, Users, Validation};
use user_service::Config;

use crate::app::{CREDENTIAL, Member, TestApp, start};
use crate::validation::users;

const PATIENCE: Duration = Duration::from_secs(30);

/// How long others may go on believing what they were told before a revocation was answered.
const BELIEVED: Duration = Duration::from_secs(1);

/// As processes have it that are given the same `redis_urls`, but with `deadline` for an invalidation.
async fn instances(database: &TestDatabase, servers: &Servers, deadline: Duration) -> [TestApp; 2] {
    let instance = async |seed| {
        let mut settings = RedisSettings::new(servers.urls().to_vec(), "users:1");
        settings.invalidation_deadline = deadline;
        let cache = Arc::new(RedisCluster::connect(settings, seed).await.unwrap());
        let config = Config { request_deadline_ms: 30_000, ..Config::default() };
        let hands = Clock::manual(start()).1;
        TestApp::start_sharing(database, Clock::system(), hands, config, cache).await
    };
    [instance(1).await, instance(2).await]
}

/// The key of the member's session, as both give it to their cache.
async fn key_of(app: &TestApp, member: &Member) -> String {
    let session = app.validate(&member.access_token).await["sid"].clone();
    format!("session:{}", session.as_str().unwrap())
}

/// The same as Redis has it.
fn in_redis(key: &str) -> String {
    format!("{{users:1:{key}}}:value")
}

/// Waits until a client of its own finds the member's session in Redis: what is not there need not be revoked.
async fn is_remembered(servers: &Servers, apps: &[TestApp; 2], member: &Member) {
    let witness = RedisCluster::connect(RedisSettings::new(servers.urls().to_vec(), "users:1"), 3).await.unwrap();
    let key = key_of(&apps[0], member).await;
    let found = async || {
        // Asked again each time: what was answered while Redis was slow is not kept.
        let is_active = apps[0].is_active(&member.access_token).await && apps[1].is_active(&member.access_token).await;
        is_active && matches!(witness.get(&key).await, Ok(Some(_)))
    };
    wait_until("the session is in Redis", PATIENCE, found).await;
}

/// What services are told about one token, by when they asked.
#[derive(Default)]
struct Questions {
    enough: AtomicBool,
    accepted: AtomicUsize,
    /// When the last one asked that was accepted.
    last_accepted: Mutex<Option<Instant>>,
    refused: AtomicUsize,
}

impl Questions {
    async fn ask(&self, users: &dyn Users, token: &str) {
        while !self.enough.load(Ordering::SeqCst) {
            let asked = Instant::now();
            match users.validate_token(token, &HeaderMap::new()).await {
                Ok(Validation::Active(_)) => {
                    let mut last = self.last_accepted.lock().unwrap();
                    *last = (*last).max(Some(asked));
                    self.accepted.fetch_add(1, Ordering::SeqCst);
                }
                Ok(Validation::Inactive) => {
                    self.refused.fetch_add(1, Ordering::SeqCst);
                }
                // Fails closed: it is no acceptance.
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }
}

/// How long after the answer to a logout somebody asked who was still let in: services of either instance that ask all the
/// time, some of which remember what they were told.
async fn accepted_after_logout(apps: &[TestApp; 2], member: &Member, before: impl AsyncFnOnce()) -> Option<Duration> {
    let questions = Arc::new(Questions::default());
    let asking: Vec<_> = (0..8)
        .map(|number| {
            let plain = Arc::new(users(&apps[number % 2], CREDENTIAL));
            let clock = apps[number % 2].clock.clone();
            let users: Arc<dyn Users> =
                if number < 4 { plain } else { Arc::new(RememberedUsers::new(plain, move || clock.now())) };
            let (questions, token) = (Arc::clone(&questions), member.access_token.clone());
            tokio::spawn(async move { questions.ask(&*users, &token).await })
        })
        .collect();
    let all_accept = async || questions.accepted.load(Ordering::SeqCst) > 100;
    wait_until("the control: the token is accepted", PATIENCE, all_accept).await;
    before().await;
    member.client.post("/api/v1/auth/logout", &json!({})).await.expect(204);
    let acknowledged = Instant::now();
    let all_refuse = async || {
        let later = acknowledged.elapsed() > BELIEVED * 2;
        later && questions.refused.load(Ordering::SeqCst) > 100
    };
    wait_until("the token is refused for a while", PATIENCE, all_refuse).await;
    questions.enough.store(true, Ordering::SeqCst);
    for asker in asking {
        asker.await.unwrap();
    }
    let last = questions.last_accepted.lock().unwrap().unwrap();
    last.checked_duration_since(acknowledged)
}

#[tokio::test]
async fn two_instances_with_redis_in_common_accept_a_revoked_token_for_a_second_at_most_also_when_a_primary_is_killed()
{
    let (database, servers) = (TestDatabase::on(Engine::Postgres).await, Servers::start());
    let apps = instances(&database, &servers, PATIENCE).await;
    for round in 0..3 {
        let ada = apps[0].member(&format!("ada{round}@example.org")).await;
        is_remembered(&servers, &apps, &ada).await;
        let after = accepted_after_logout(&apps, &ada, async || {}).await;
        assert!(after.is_none_or(|after| after < BELIEVED), "round {round}: {after:?}");
    }
    let bela = apps[1].member("bela@example.org").await;
    let key = key_of(&apps[0], &bela).await;
    is_remembered(&servers, &apps, &bela).await;
    let kill = async || {
        servers.kill_primary_of(&in_redis(&key)).await;
    };
    let after = accepted_after_logout(&apps, &bela, kill).await;
    assert!(after.is_none_or(|after| after < BELIEVED), "{after:?}");
}

#[tokio::test]
async fn with_redis_gone_the_database_answers_and_a_revocation_that_could_not_be_told_is_not_confirmed() {
    let (database, servers) = (TestDatabase::on(Engine::Postgres).await, Servers::start());
    let apps = instances(&database, &servers, Duration::ZERO).await;
    let [one, two] = &apps;
    let (ada, bela) = (one.member("ada@example.org").await, one.member("bela@example.org").await);
    is_remembered(&servers, &apps, &ada).await;
    for node in servers.nodes() {
        servers.hang(node);
    }
    for app in [one, two] {
        assert!(app.is_active(&ada.access_token).await && app.is_active(&bela.access_token).await);
        assert!(!app.is_active("nonsense").await);
    }
    let carla = two.member("carla@example.org").await;
    assert!(one.is_active(&carla.access_token).await, "what nobody had heard of is read");
    let said = ada.client.post("/api/v1/auth/logout", &json!({})).await.expect(503);
    assert!(said.header("retry-after").is_some());
    for app in [one, two] {
        assert!(!app.is_active(&ada.access_token).await, "the database knows");
    }
    for node in servers.nodes() {
        servers.resume(node);
    }
    assert!(!one.is_active(&ada.access_token).await, "what was in doubt stays so");
    let refused = async || !two.is_active(&ada.access_token).await;
    wait_until("the other instance hears of it", PATIENCE, refused).await;
    assert!(two.is_active(&bela.access_token).await);
}
