//! Revocations against validations that are in flight, by the order of events.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cache::{Cache, CacheError, FillTicket, Filled, InProcess};
use http::HeaderMap;
use serde_json::{Value, json};
use service_kit::clock::Clock;
use test_kit::http::Client;
use test_kit::{Engine, TestDatabase, on_every_database, wait_until};
use tokio::sync::Notify;
use user_api::{RememberedUsers, Users, Validation};
use user_service::Config;

use crate::app::{CREDENTIAL, Member, PASSWORD, TestApp, start};
use crate::validation::users;

/// Asks both instances without a pause what a token is good for, and notes every answer as before to a question that was asked
/// after the revocation had been answered.
struct Questions {
    before: Value,
    revoked: AtomicBool,
    asked_after: AtomicUsize,
    accepted_after: AtomicUsize,
}

impl Questions {
    async fn ask(&self, service: &Client, token: &str) {
        while self.asked_after.load(Ordering::SeqCst) < 40 {
            let was_revoked = self.revoked.load(Ordering::SeqCst);
            let answer = service.post("/internal/v1/validate-token", &json!({ "token": token })).await.expect(200);
            if was_revoked {
                let is_as_before = answer.json() == self.before;
                self.accepted_after.fetch_add(usize::from(is_as_before), Ordering::SeqCst);
                self.asked_after.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

/// What takes something from a token.
const WAYS: [&str; 9] =
    ["logout", "end the session", "disable", "erase", "role", "reset", "appoint", "replay", "another password"];

async fn revoke(app: &TestApp, way: &str, admin: &Client, email: &str, ada: &Member) {
    let user = format!("/api/v1/users/{}", ada.id);
    match way {
        "logout" => ada.client.post("/api/v1/auth/logout", &json!({})).await.expect(204),
        "end the session" => {
            let sid = app.validate(&ada.access_token).await["sid"].as_str().unwrap().to_owned();
            ada.client.delete(&format!("/api/v1/auth/sessions/{sid}"), "*").await.expect(204)
        }
        "disable" => admin.patch(&user, "*", &json!({ "status": "disabled" })).await.expect(200),
        "erase" => admin.delete(&user, "*").await.expect(204),
        "role" => admin.patch(&user, "*", &json!({ "roles": ["member"] })).await.expect(200),
        "reset" => {
            let link = admin.post(&format!("{user}/password-reset"), &json!({})).await.expect(200).json();
            let reset = json!({ "token": link["token"], "new_password": "ten brown owls" });
            app.web.post("/api/v1/auth/password-reset", &reset).await.expect(204)
        }
        "appoint" => {
            let account = json!({ "email": email, "password": PASSWORD, "display_name": "Ada" });
            app.service.post("/internal/v1/admins", &account).await.expect(200)
        }
        "replay" => app.refresh(&ada.refresh_token).await.expect(401),
        _ => {
            let other = app.signed_in(&app.login(email, PASSWORD).await);
            let change = json!({ "current_password": PASSWORD, "new_password": "ten brown owls" });
            other.client.put("/api/v1/users/me/password", "*", &change).await.expect(200)
        }
    };
}

/// Revokes in each way while eight ask; `cache` is what the two instances share besides the database.
async fn no_question_after_a_revocation_is_answered_yes(cache: Arc<dyn Cache>) {
    let database = TestDatabase::on(Engine::Postgres).await;
    let (clock, hands) = Clock::manual(start());
    let instance = || {
        let (clock, hands, cache) = (clock.clone(), hands.clone(), Arc::clone(&cache));
        TestApp::start_sharing(&database, clock, hands, Config::default(), cache)
    };
    let (one, two) = (instance().await, instance().await);
    let admin = one.administrator("admin@example.org").await.client;
    for (number, way) in WAYS.into_iter().enumerate() {
        let email = format!("ada{number}@example.org");
        let ada = if way == "role" { one.administrator(&email).await } else { one.member(&email).await };
        if way == "replay" {
            one.signed_in(&one.refresh(&ada.refresh_token).await);
            hands.advance(Duration::from_secs(6));
        }
        // Asked of both, so that both remember it where they remember at all.
        let before = one.validate(&ada.access_token).await;
        assert_eq!(before["active"], true, "{way}: the control");
        assert_eq!(two.validate(&ada.access_token).await, before, "{way}");
        let questions = Arc::new(Questions {
            before,
            revoked: AtomicBool::new(false),
            asked_after: AtomicUsize::new(0),
            accepted_after: AtomicUsize::new(0),
        });
        let asking: Vec<_> = (0..8)
            .map(|asker| {
                let service = if asker % 2 == 0 { one.service.clone() } else { two.service.clone() };
                let (questions, token) = (Arc::clone(&questions), ada.access_token.clone());
                tokio::spawn(async move { questions.ask(&service, &token).await })
            })
            .collect();
        revoke(&one, way, &admin, &email, &ada).await;
        questions.revoked.store(true, Ordering::SeqCst);
        for asker in asking {
            asker.await.unwrap();
        }
        assert_eq!(questions.accepted_after.load(Ordering::SeqCst), 0, "{way}");
    }
}

#[tokio::test]
async fn without_a_cache_no_instance_accepts_what_another_has_revoked() {
    no_question_after_a_revocation_is_answered_yes(Arc::new(InProcess::new(0))).await;
}

#[tokio::test]
async fn with_a_cache_in_common_no_instance_accepts_what_another_has_revoked() {
    no_question_after_a_revocation_is_answered_yes(Arc::new(InProcess::new(1_000_000))).await;
}

#[tokio::test]
async fn whoever_remembers_a_yes_accepts_a_revoked_token_for_less_than_a_second() {
    let database = TestDatabase::on(Engine::Postgres).await;
    let (clock, hands) = Clock::manual(start());
    let one = TestApp::start_with(&database, clock.clone(), hands.clone(), Config::default()).await;
    let two = TestApp::start_with(&database, clock.clone(), hands.clone(), Config::default()).await;
    let ada = one.member("ada@example.org").await;
    let caller = RememberedUsers::new(Arc::new(users(&two, CREDENTIAL)), move || clock.now());
    let accepts = async || match caller.validate_token(&ada.access_token, &HeaderMap::new()).await.unwrap() {
        Validation::Active(_) => true,
        Validation::Inactive => false,
    };
    assert!(accepts().await);
    hands.advance(Duration::from_millis(400));
    ada.client.post("/api/v1/auth/logout", &json!({})).await.expect(204);
    assert!(accepts().await, "asked 400 ms ago");
    hands.advance(Duration::from_millis(600));
    assert!(!accepts().await, "600 ms after the revocation");
}

/// A cache whose fills wait, once they have been held up, until they are let go.
#[derive(Debug)]
struct SlowFills {
    inner: InProcess,
    holding: AtomicBool,
    held: AtomicUsize,
    go: Notify,
}

#[async_trait]
impl Cache for SlowFills {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError> {
        self.inner.get(key).await
    }

    async fn begin_fill(&self, key: &str) -> Result<FillTicket, CacheError> {
        self.inner.begin_fill(key).await
    }

    async fn fill(&self, ticket: FillTicket, value: Bytes, ttl: Duration) -> Result<Filled, CacheError> {
        if self.holding.load(Ordering::SeqCst) {
            self.held.fetch_add(1, Ordering::SeqCst);
            self.go.notified().await;
        }
        self.inner.fill(ticket, value, ttl).await
    }

    async fn invalidate(&self, key: &str) -> Result<(), CacheError> {
        self.inner.invalidate(key).await
    }
}

#[tokio::test]
async fn a_slow_fill_that_began_before_a_revocation_does_not_undo_it() {
    on_every_database(async |database| {
        let cache = Arc::new(SlowFills {
            inner: InProcess::new(1_000_000),
            holding: AtomicBool::new(false),
            held: AtomicUsize::new(0),
            go: Notify::new(),
        });
        let (clock, hands) = Clock::manual(start());
        let shared = Arc::clone(&cache) as Arc<dyn Cache>;
        let app = TestApp::start_sharing(&database, clock, hands, Config::default(), shared).await;
        let ada = app.member("ada@example.org").await;
        cache.holding.store(true, Ordering::SeqCst);
        let slow = tokio::spawn({
            let (service, token) = (app.service.clone(), ada.access_token.clone());
            async move { service.post("/internal/v1/validate-token", &json!({ "token": token })).await.json() }
        });
        let reached = async || cache.held.load(Ordering::SeqCst) > 0;
        wait_until("a fill is held up", Duration::from_secs(10), reached).await;
        cache.holding.store(false, Ordering::SeqCst);
        ada.client.post("/api/v1/auth/logout", &json!({})).await.expect(204);
        cache.go.notify_waiters();
        assert_eq!(slow.await.unwrap()["active"], true, "it was asked before");
        assert!(!app.is_active(&ada.access_token).await);
        assert!(!app.is_active(&ada.access_token).await, "and not from what was filled since");
    })
    .await;
}

/// A cache that answers nothing.
#[derive(Debug)]
struct Gone;

fn gone<T>() -> Result<T, CacheError> {
    Err(CacheError::from(Box::<dyn std::error::Error + Send + Sync>::from("gone")))
}

#[async_trait]
impl Cache for Gone {
    async fn get(&self, _: &str) -> Result<Option<Bytes>, CacheError> {
        gone()
    }

    async fn begin_fill(&self, _: &str) -> Result<FillTicket, CacheError> {
        gone()
    }

    async fn fill(&self, _: FillTicket, _: Bytes, _: Duration) -> Result<Filled, CacheError> {
        gone()
    }

    async fn invalidate(&self, _: &str) -> Result<(), CacheError> {
        gone()
    }
}

#[tokio::test]
async fn with_the_cache_gone_sessions_are_answered_from_the_database() {
    on_every_database(async |database| {
        let (clock, hands) = Clock::manual(start());
        let first = TestApp::start_with(&database, clock.clone(), hands.clone(), Config::default()).await;
        let ada = first.member("ada@example.org").await;
        first.stop().await;
        let app = TestApp::start_sharing(&database, clock, hands, Config::default(), Arc::new(Gone)).await;
        assert!(app.is_active(&ada.access_token).await);
        // The change is made; that it may not count at once everywhere is said.
        let said = app.web.with_token(&ada.access_token).post("/api/v1/auth/logout", &json!({})).await.expect(503);
        assert!(said.header("retry-after").is_some());
        assert!(!app.is_active(&ada.access_token).await);
    })
    .await;
}
