use reqwest::Method;
use serde_json::json;
use test_kit::http::send;
use test_kit::on_every_database;

use crate::app::{PASSWORD, TestApp};

#[tokio::test]
async fn a_wrong_password_and_an_unknown_email_are_answered_alike() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        app.register("ada@example.org").await.expect(201);
        let mut answers = Vec::new();
        for (email, password) in [
            ("ada@example.org", "nine grey heron"),
            ("nobody@example.org", PASSWORD),
            ("no address at all", PASSWORD),
            ("nul\u{0}@example.org", PASSWORD),
            ("ada@example.org", ""),
            ("ada@example.org", &"x".repeat(10_000)),
        ] {
            let refused = app.login(email, password).await.expect(401);
            assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
            let mut body = refused.json();
            body["request_id"].take();
            answers.push(body);
        }
        assert_eq!(answers[0]["code"], "wrong_credentials");
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
    })
    .await;
}

#[tokio::test]
async fn every_attempt_to_sign_in_costs_one_hash() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        app.register("ada@example.org").await.expect(201);
        let hashes = || app.counter("lendery_users_password_hashes_total");
        for (email, password, status) in [
            ("ada@example.org", PASSWORD, 200),
            ("ada@example.org", "wrong wrong", 401),
            ("nobody@example.org", PASSWORD, 401),
            ("no address", PASSWORD, 401),
        ] {
            let before = hashes();
            app.login(email, password).await.expect(status);
            assert_eq!(hashes() - before, 1, "{email}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_device_that_presents_its_refresh_token_renews_its_session() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let first = app.member("ada@example.org").await;
        let login = |token: String| {
            let body = json!({ "email": "ada@example.org", "password": PASSWORD, "refresh_token": token });
            let web = app.web.clone();
            async move { web.post("/api/v1/auth/login", &body).await }
        };
        let again = app.signed_in(&login(first.refresh_token.clone()).await);
        let sessions = again.client.get("/api/v1/auth/sessions").await.expect(200).json();
        assert_eq!(sessions["items"].as_array().unwrap().len(), 1, "{sessions}");
        assert!(app.is_active(&first.access_token).await, "it is the same session");

        // What is no live token of one's own adds a session and harms nobody.
        let bela = app.member("bela@example.org").await;
        for token in [bela.refresh_token.clone(), "nonsense".to_owned(), "A".repeat(43)] {
            app.signed_in(&login(token).await);
        }
        app.refresh(&bela.refresh_token).await.expect(200);
        assert_eq!(app.count("SELECT count(*) FROM sessions").await, 5);
    })
    .await;
}

#[tokio::test]
async fn a_replayed_token_ends_its_session_also_when_it_comes_with_a_login() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let first = app.member("ada@example.org").await;
        let next = app.signed_in(&app.refresh(&first.refresh_token).await);
        app.signed_in(&app.refresh(&next.refresh_token).await);
        let body = json!({ "email": "ada@example.org", "password": PASSWORD, "refresh_token": first.refresh_token });
        let fresh = app.signed_in(&app.web.post("/api/v1/auth/login", &body).await);
        assert!(!app.is_active(&next.access_token).await);
        assert!(app.is_active(&fresh.access_token).await);
    })
    .await;
}

#[tokio::test]
async fn a_disabled_account_is_told_so_only_with_its_password() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        app.execute("UPDATE users SET status = 'disabled'").await;
        assert_eq!(app.login("ada@example.org", PASSWORD).await.expect(403).problem(), "forbidden");
        assert_eq!(app.login("ada@example.org", "wrong wrong").await.expect(401).problem(), "wrong_credentials");
        assert!(!app.is_active(&ada.access_token).await);
        app.refresh(&ada.refresh_token).await.expect(401);
    })
    .await;
}

#[tokio::test]
async fn a_session_remembers_what_its_device_called_itself() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        app.register("ada@example.org").await.expect(201);
        let login = json!({ "email": "ada@example.org", "password": PASSWORD });
        for agent in ["Phone/1.0", &"x".repeat(1_000)] {
            let request = app.web.request(Method::POST, "/api/v1/auth/login").header("user-agent", agent);
            let ada = app.signed_in(&send(request.json(&login)).await);
            let sessions = ada.client.get("/api/v1/auth/sessions").await.expect(200).json();
            let device = sessions["items"][0]["device"].as_str().unwrap();
            assert!(agent.starts_with(device) && device.len() == agent.len().min(200), "{device}");
        }
    })
    .await;
}
