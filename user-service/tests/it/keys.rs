//! The life of signing keys: published, active, retired, deleted.

use std::time::Duration;

use serde_json::{Value, json};
use service_kit::clock::Clock;
use test_kit::{Engine, TestDatabase, on_every_database, wait_until};
use user_service::Config;

use crate::app::{PASSWORD, TestApp, at_once, start};

/// Until a published key signs, and until a retired one is deleted, at the default life of access tokens.
const STEP: Duration = Duration::from_secs(360);

async fn started(database: &TestDatabase, clock: &Clock, hands: &service_kit::clock::Hands) -> TestApp {
    let config = Config { key_check_ms: 20, ..Config::default() };
    TestApp::start_with(database, clock.clone(), hands.clone(), config).await
}

async fn states(app: &TestApp) -> Vec<(String, String)> {
    let keys = app.service.get("/internal/v1/keys").await.expect(200).json();
    let text = |key: &Value, name: &str| key[name].as_str().unwrap().to_owned();
    keys["keys"].as_array().unwrap().iter().map(|key| (text(key, "kid"), text(key, "state"))).collect()
}

async fn rotate(app: &TestApp) -> test_kit::http::Answer {
    app.service.post("/internal/v1/keys/rotate", &json!({})).await
}

async fn until(app: &TestApp, wanted: &[&str]) {
    let condition = async || states(app).await.iter().map(|(_, state)| state.as_str()).eq(wanted.iter().copied());
    wait_until(&format!("the keys are {wanted:?}"), Duration::from_secs(10), condition).await;
}

/// Waits until this instance publishes as many keys.
async fn until_published(app: &TestApp, count: usize) {
    let condition = async || {
        let set = app.web.get("/.well-known/jwks.json").await.expect(200).json();
        set["keys"].as_array().unwrap().len() == count
    };
    wait_until(&format!("{count} keys are published"), Duration::from_secs(10), condition).await;
}

fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

#[tokio::test]
async fn a_new_key_is_published_signs_later_and_the_old_one_goes_without_breaking_a_token() {
    on_every_database(async |database| {
        let (clock, hands) = Clock::manual(start());
        let app = started(&database, &clock, &hands).await;
        let ada = app.member("ada@example.org").await;
        let old = kid(&ada.access_token);
        hands.advance(Duration::from_secs(1));
        let answer = rotate(&app).await.expect(200).json();
        assert_eq!(answer["keys"][0]["state"], "published");
        assert_eq!(answer["keys"][0]["next_state_at"], json!("2026-11-21T00:06:01.250Z"), "six minutes later");
        assert!(!answer.to_string().contains("private"), "{answer}");
        assert_eq!(rotate(&app).await.expect(409).problem(), "conflict");
        until_published(&app, 2).await;
        hands.advance(Duration::from_secs(359));
        let before = app.signed_in(&app.login("ada@example.org", PASSWORD).await);
        assert_eq!(kid(&before.access_token), old, "nothing is signed with a key that others may not know yet");

        hands.advance(Duration::from_secs(1));
        until(&app, &["active", "retired"]).await;
        let new = states(&app).await[0].0.clone();
        let condition = async || kid(&app.signed_in(&app.login("ada@example.org", PASSWORD).await).access_token) == new;
        wait_until("the new key signs", Duration::from_secs(10), condition).await;
        assert!(app.is_active(&before.access_token).await, "what the old key has signed goes on");
        until_published(&app, 2).await;

        hands.advance(STEP);
        until(&app, &["active"]).await;
        until_published(&app, 1).await;
        assert!(!app.is_active(&before.access_token).await);
        let kinds = app.rows("SELECT kind FROM security_events WHERE note IS NOT NULL ORDER BY id").await;
        let kinds: Vec<String> = kinds.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        assert_eq!(kinds, ["key_published", "key_retired", "key_activated", "key_deleted"]);
    })
    .await;
}

#[tokio::test]
async fn a_token_of_a_deleted_key_is_refused_whatever_it_says() {
    on_every_database(async |database| {
        let (clock, hands) = Clock::manual(start());
        let app = started(&database, &clock, &hands).await;
        let ada = app.member("ada@example.org").await;
        let forge = crate::forgery::Forge::of(&app, &ada).await;
        let exp = clock.now().timestamp() + 3600;
        let forged = forge.claiming(&crate::forgery::with(&forge.claims, "exp", json!(exp)));
        assert!(app.is_active(&forged).await, "the control: somebody had the key");
        hands.advance(Duration::from_secs(1));
        rotate(&app).await.expect(200);
        hands.advance(STEP);
        until(&app, &["active", "retired"]).await;
        hands.advance(STEP);
        until(&app, &["active"]).await;
        until_published(&app, 1).await;
        assert!(!app.is_active(&forged).await);
    })
    .await;
}

#[tokio::test]
async fn instances_agree_on_every_step() {
    let database = TestDatabase::on(Engine::Postgres).await;
    let (clock, hands) = Clock::manual(start());
    let (one, two) = (started(&database, &clock, &hands).await, started(&database, &clock, &hands).await);
    let ada = one.member("ada@example.org").await;
    hands.advance(Duration::from_secs(1));
    let statuses = at_once(8, |number| {
        let service = if number % 2 == 0 { one.service.clone() } else { two.service.clone() };
        async move { service.post("/internal/v1/keys/rotate", &json!({})).await.status }
    })
    .await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    until_published(&one, 2).await;
    until_published(&two, 2).await;
    hands.advance(STEP);
    until(&two, &["active", "retired"]).await;
    for app in [&one, &two] {
        let fresh = app.signed_in(&app.login("ada@example.org", PASSWORD).await);
        assert!(one.is_active(&fresh.access_token).await && two.is_active(&fresh.access_token).await);
    }
    hands.advance(STEP);
    until(&one, &["active"]).await;
    assert!(!one.is_active(&ada.access_token).await);
    let steps = one.count("SELECT count(*) FROM security_events WHERE kind LIKE 'key%'").await;
    assert_eq!(steps, 4, "each step happened once");
}

#[tokio::test]
async fn a_restart_in_the_middle_goes_on_where_it_was() {
    on_every_database(async |database| {
        let (clock, hands) = Clock::manual(start());
        let app = started(&database, &clock, &hands).await;
        let ada = app.member("ada@example.org").await;
        hands.advance(Duration::from_secs(1));
        rotate(&app).await.expect(200);
        app.stop().await;
        let app = started(&database, &clock, &hands).await;
        assert!(app.is_active(&ada.access_token).await);
        assert_eq!(states(&app).await.len(), 2);
        app.stop().await;
        hands.advance(STEP);
        let app = started(&database, &clock, &hands).await;
        until(&app, &["active", "retired"]).await;
        app.signed_in(&app.login("ada@example.org", PASSWORD).await);
    })
    .await;
}
