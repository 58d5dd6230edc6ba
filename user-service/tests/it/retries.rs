//! Revocations that could not be told to the cache at first, and were asked for again.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cache::{Cache, CacheError, FillTicket, Filled, InProcess};
use serde_json::json;
use service_kit::clock::Clock;
use test_kit::{TestDatabase, on_every_database};
use user_service::Config;

use crate::app::{Member, PASSWORD, TestApp, start};

/// A cache that forgets nothing for which it was not asked before: the first invalidation of each key fails.
#[derive(Debug)]
struct Forgetless {
    inner: InProcess,
    /// Keys whose next invalidation goes through.
    asked: Mutex<HashSet<String>>,
    /// Of the keys asked for, how many fail at first.
    failing: Mutex<usize>,
}

#[async_trait]
impl Cache for Forgetless {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError> {
        self.inner.get(key).await
    }

    async fn begin_fill(&self, key: &str) -> Result<FillTicket, CacheError> {
        self.inner.begin_fill(key).await
    }

    async fn fill(&self, ticket: FillTicket, value: Bytes, ttl: Duration) -> Result<Filled, CacheError> {
        self.inner.fill(ticket, value, ttl).await
    }

    async fn invalidate(&self, key: &str) -> Result<(), CacheError> {
        let fails = {
            let mut failing = self.failing.lock().unwrap();
            let fails = *failing > 0 && self.asked.lock().unwrap().insert(key.to_owned());
            *failing -= usize::from(fails);
            fails
        };
        if fails {
            return Err(CacheError::from(Box::<dyn std::error::Error + Send + Sync>::from("failing over")));
        }
        self.inner.invalidate(key).await
    }
}

impl Forgetless {
    fn fail(&self, keys: usize) {
        *self.failing.lock().unwrap() = keys;
    }
}

async fn started(database: &TestDatabase) -> (TestApp, Arc<Forgetless>) {
    let inner = InProcess::new(1_000_000);
    let cache = Arc::new(Forgetless { inner, asked: Mutex::default(), failing: Mutex::default() });
    let (clock, hands) = Clock::manual(start());
    let shared = Arc::clone(&cache) as Arc<dyn Cache>;
    (TestApp::start_sharing(database, clock, hands, Config::default(), shared).await, cache)
}

/// Asks for the end of the member's session in the named way. Answers the status.
async fn end(app: &TestApp, way: &str, admin: &Member, ada: &Member, session: &str) -> u16 {
    let user = format!("/api/v1/users/{}", ada.id);
    let answer = match way {
        "logout" => ada.client.post("/api/v1/auth/logout", &json!({})).await,
        "end the session" => ada.client.delete(&format!("/api/v1/auth/sessions/{session}"), "*").await,
        "disable" => admin.client.patch(&user, "*", &json!({ "status": "disabled" })).await,
        "erase" => admin.client.delete(&user, "*").await,
        "erase oneself" => ada.client.delete("/api/v1/users/me", "*").await,
        "appoint" => {
            let email = format!("{}@example.org", way.replace(' ', "-"));
            let account = json!({ "email": email, "password": PASSWORD, "display_name": "Ada" });
            app.service.post("/internal/v1/admins", &account).await
        }
        _ => app.refresh(&ada.refresh_token).await,
    };
    answer.status
}

#[tokio::test]
async fn a_revocation_asked_for_again_is_answered_only_once_no_cache_believes_the_session() {
    on_every_database(async |database| {
        let (app, cache) = started(&database).await;
        let admin = app.administrator("admin@example.org").await;
        for (way, again) in [
            ("logout", 204),
            ("end the session", 404),
            ("disable", 200),
            ("erase", 404),
            ("erase oneself", 401),
            ("appoint", 200),
            ("replay", 401),
        ] {
            let ada = app.member(&format!("{}@example.org", way.replace(' ', "-"))).await;
            let session = app.validate(&ada.access_token).await["sid"].as_str().unwrap().to_owned();
            if way == "replay" {
                app.signed_in(&app.refresh(&ada.refresh_token).await);
                app.hands.advance(Duration::from_secs(6));
            }
            assert!(app.is_active(&ada.access_token).await, "{way}: remembered");
            cache.fail(1);
            assert_eq!(end(&app, way, &admin, &ada, &session).await, 503, "{way}");
            assert!(app.is_active(&ada.access_token).await, "{way}: the control, it is still believed");
            assert_eq!(end(&app, way, &admin, &ada, &session).await, again, "{way}, again");
            assert!(!app.is_active(&ada.access_token).await, "{way}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_role_taken_again_counts_once_it_is_answered() {
    on_every_database(async |database| {
        let (app, cache) = started(&database).await;
        let admin = app.administrator("admin@example.org").await;
        let ada = app.administrator("ada@example.org").await;
        assert_eq!(app.validate(&ada.access_token).await["roles"], json!(["member", "admin"]));
        let user = format!("/api/v1/users/{}", ada.id);
        cache.fail(1);
        admin.client.patch(&user, "*", &json!({ "roles": ["member"] })).await.expect(503);
        assert_eq!(app.validate(&ada.access_token).await["roles"], json!(["member", "admin"]), "the control");
        admin.client.patch(&user, "*", &json!({ "roles": ["member"] })).await.expect(200);
        assert_eq!(app.validate(&ada.access_token).await["roles"], json!(["member"]));
    })
    .await;
}

#[tokio::test]
async fn a_session_that_cannot_be_forgotten_keeps_no_other_believed() {
    on_every_database(async |database| {
        let (app, cache) = started(&database).await;
        let admin = app.administrator("admin@example.org").await;
        let mut devices = vec![app.member("ada@example.org").await];
        for _ in 0..2 {
            devices.push(app.signed_in(&app.login("ada@example.org", PASSWORD).await));
        }
        let believed = async || {
            let mut believed = 0;
            for device in &devices {
                believed += usize::from(app.is_active(&device.access_token).await);
            }
            believed
        };
        assert_eq!(believed().await, 3, "and remembered");
        let user = format!("/api/v1/users/{}", devices[0].id);
        cache.fail(1);
        admin.client.patch(&user, "*", &json!({ "status": "disabled" })).await.expect(503);
        assert_eq!(believed().await, 1);
        admin.client.patch(&user, "*", &json!({ "status": "disabled" })).await.expect(200);
        assert_eq!(believed().await, 0);
    })
    .await;
}
