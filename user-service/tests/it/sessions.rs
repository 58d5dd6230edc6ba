use reqwest::Method;
use serde_json::{Value, json};
use service_kit::clock::Clock;
use std::time::Duration;
use test_kit::http::send;
use test_kit::{Engine, TestDatabase, on_every_database};
use user_service::Config;

use crate::app::{PASSWORD, TestApp, start};

/// Enough for every session of a test.
fn with_cache() -> Config {
    Config { session_cache_bytes: 1 << 20, ..Config::default() }
}

#[tokio::test]
async fn a_logout_is_seen_by_the_next_validation() {
    on_every_database(async |database| {
        for config in [Config::default(), with_cache()] {
            let (clock, hands) = Clock::manual(start());
            let app = TestApp::start_with(&database, clock, hands, config).await;
            app.register("ada@example.org").await;
            let ada = app.signed_in(&app.login("ada@example.org", PASSWORD).await);
            assert!(app.is_active(&ada.access_token).await);
            assert!(app.is_active(&ada.access_token).await, "and again, from the cache where there is one");
            ada.client.post("/api/v1/auth/logout", &json!({})).await.expect(204);
            assert!(!app.is_active(&ada.access_token).await);
            assert_eq!(ada.client.get("/api/v1/users/me").await.expect(401).problem(), "invalid_token");
            app.refresh(&ada.refresh_token).await.expect(401);
            ada.client.post("/api/v1/auth/logout", &json!({})).await.expect(401);
            app.stop().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_logout_needs_no_body_and_takes_no_other() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        let logout = || ada.client.request(Method::POST, "/api/v1/auth/logout");
        assert_eq!(send(logout().json(&json!({ "everywhere": true }))).await.expect(400).problem(), "unknown_field");
        send(logout().body("{}")).await.expect(415);
        assert!(app.is_active(&ada.access_token).await);
        send(logout()).await.expect(204);
        assert!(!app.is_active(&ada.access_token).await);
    })
    .await;
}

#[tokio::test]
async fn a_revocation_on_one_instance_counts_on_the_other() {
    let database = TestDatabase::on(Engine::Postgres).await;
    let (clock, hands) = Clock::manual(start());
    let one = TestApp::start_with(&database, clock.clone(), hands.clone(), Config::default()).await;
    let ada = one.member("ada@example.org").await;
    let two = TestApp::start_with(&database, clock, hands, Config::default()).await;
    assert!(two.is_active(&ada.access_token).await, "both sign with the same key");
    ada.client.post("/api/v1/auth/logout", &json!({})).await.expect(204);
    assert!(!two.is_active(&ada.access_token).await);
}

#[tokio::test]
async fn one_sees_and_ends_ones_own_sessions_only() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let phone = app.member("ada@example.org").await;
        let laptop = app.signed_in(&app.login("ada@example.org", PASSWORD).await);
        let bela = app.member("bela@example.org").await;
        let list = laptop.client.get("/api/v1/auth/sessions").await.expect(200).json();
        let sessions = list["items"].as_array().unwrap();
        assert_eq!(sessions.iter().map(|s| &s["current"]).collect::<Vec<_>>(), [&json!(true), &json!(false)]);
        assert_eq!(list["next"], Value::Null);

        let path = format!("/api/v1/auth/sessions/{}", sessions[1]["id"].as_str().unwrap());
        assert_eq!(bela.client.delete(&path, "*").await.expect(404).problem(), "not_found");
        assert!(app.is_active(&phone.access_token).await);
        laptop.client.delete(&path, "*").await.expect(204);
        assert!(!app.is_active(&phone.access_token).await);
        assert!(app.is_active(&laptop.access_token).await);
        laptop.client.delete(&path, "*").await.expect(404);
        laptop.client.delete("/api/v1/auth/sessions/7", "*").await.expect(404);
        assert_eq!(app.web.get("/api/v1/auth/sessions").await.expect(401).problem(), "invalid_token");
    })
    .await;
}

#[tokio::test]
async fn sessions_come_in_pages() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        for _ in 0..4 {
            app.login("ada@example.org", PASSWORD).await.expect(200);
        }
        let (mut ids, mut next) = (Vec::new(), String::new());
        for length in [2, 2, 1] {
            let page = ada.client.get(&format!("/api/v1/auth/sessions?limit=2{next}")).await.expect(200).json();
            let items = page["items"].as_array().unwrap();
            assert_eq!(items.len(), length);
            ids.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            next = page["next"].as_str().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        }
        assert!(next.is_empty());
        assert!(ids.is_sorted_by(|newer, older| newer > older), "{ids:?}");
        let bela = app.member("bela@example.org").await;
        let own = ada.client.get("/api/v1/auth/sessions?limit=1").await.json()["next"].as_str().unwrap().to_owned();
        let foreign = bela.client.get(&format!("/api/v1/auth/sessions?cursor={own}")).await;
        assert_eq!(foreign.expect(400).problem(), "invalid_cursor");
        assert_eq!(ada.client.get("/api/v1/auth/sessions?limit=0").await.expect(422).problem(), "invalid_fields");
        assert_eq!(ada.client.get("/api/v1/auth/sessions?page=2").await.expect(400).problem(), "unknown_parameter");
    })
    .await;
}

#[tokio::test]
async fn one_session_too_many_ends_the_one_that_was_not_used_for_longest() {
    on_every_database(async |database| {
        let (clock, hands) = Clock::manual(start());
        let config = Config { sessions_per_user: 3, ..with_cache() };
        let app = TestApp::start_with(&database, clock, hands, config).await;
        let bela = app.member("bela@example.org").await;
        let first = app.member("ada@example.org").await;
        let mut devices = vec![first];
        for _ in 0..2 {
            app.hands.advance(Duration::from_secs(1));
            devices.push(app.signed_in(&app.login("ada@example.org", PASSWORD).await));
        }
        app.hands.advance(Duration::from_secs(1));
        devices[0] = app.signed_in(&app.refresh(&devices[0].refresh_token).await);
        for device in &devices {
            assert!(app.is_active(&device.access_token).await, "and remembered");
        }
        let renewing =
            json!({ "email": "ada@example.org", "password": PASSWORD, "refresh_token": devices[2].refresh_token });
        app.web.post("/api/v1/auth/login", &renewing).await.expect(200);
        assert!(app.is_active(&devices[1].access_token).await, "a session that is renewed is none too many");
        devices.push(app.signed_in(&app.login("ada@example.org", PASSWORD).await));
        let mut active = Vec::new();
        for device in &devices {
            active.push(app.is_active(&device.access_token).await);
        }
        assert_eq!(active, [true, false, true, true]);
        app.refresh(&devices[1].refresh_token).await.expect(401);
        assert_eq!(app.count("SELECT count(*) FROM sessions WHERE end_reason = 'crowded'").await, 1);
        assert!(app.is_active(&bela.access_token).await, "others are not concerned");
    })
    .await;
}

#[tokio::test]
async fn sessions_that_are_over_are_deleted_after_a_week() {
    on_every_database(async |database| {
        let (clock, hands) = Clock::manual(start());
        let app = TestApp::start_with(&database, clock.clone(), hands.clone(), Config::default()).await;
        let gone = app.member("ada@example.org").await;
        let kept = app.signed_in(&app.login("ada@example.org", PASSWORD).await);
        gone.client.post("/api/v1/auth/logout", &json!({})).await.expect(204);
        app.stop().await;
        hands.advance(Duration::from_hours(8 * 24));
        // A start begins with a purge.
        let app = TestApp::start_with(&database, clock, hands, Config::default()).await;
        app.until_count("SELECT count(*) FROM sessions", 1).await;
        assert_eq!(app.count("SELECT count(*) FROM refresh_tokens").await, 1);
        assert!(!app.is_active(&gone.access_token).await);
        app.refresh(&kept.refresh_token).await.expect(200);
    })
    .await;
}
