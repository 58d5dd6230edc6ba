//! Passwords that are reset by an administrator's link.

use std::time::Duration;

use serde_json::{Value, json};
use test_kit::http::Answer;
use test_kit::on_every_database;

use crate::app::{Member, PASSWORD, TestApp, at_once, post_raw};

const RESET: &str = "/api/v1/auth/password-reset";
const NEW: &str = "ten brown owls";

async fn link(admin: &Member, user: &str) -> Value {
    let answer = admin.client.post(&format!("/api/v1/users/{user}/password-reset"), &json!({})).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.expect(200).json()
}

async fn reset(app: &TestApp, token: &Value, password: &str) -> Answer {
    app.web.post(RESET, &json!({ "token": token, "new_password": password })).await
}

#[tokio::test]
async fn the_link_sets_the_password_once_and_ends_every_session() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let (admin, ada) = (app.administrator("admin@example.org").await, app.member("ada@example.org").await);
        let link = link(&admin, &ada.id).await;
        assert_eq!(link["path"], format!("/setup/password?token={}", link["token"].as_str().unwrap()));
        assert!(app.is_active(&ada.access_token).await, "a link alone changes nothing");
        app.signed_in(&app.login("ada@example.org", PASSWORD).await);
        reset(&app, &link["token"], NEW).await.expect(204);
        assert_eq!(app.validate(&ada.access_token).await, json!({ "active": false }));
        app.refresh(&ada.refresh_token).await.expect(401);
        app.login("ada@example.org", PASSWORD).await.expect(401);
        app.signed_in(&app.login("ada@example.org", NEW).await);
        assert_eq!(reset(&app, &link["token"], "eleven white swans").await.expect(403).problem(), "forbidden");
        app.signed_in(&app.login("ada@example.org", NEW).await);
    })
    .await;
}

#[tokio::test]
async fn a_link_is_worthless_after_a_day_after_the_next_one_and_after_a_change_of_password() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let (admin, ada) = (app.administrator("admin@example.org").await, app.member("ada@example.org").await);
        let first = link(&admin, &ada.id).await;
        let second = link(&admin, &ada.id).await;
        reset(&app, &first["token"], NEW).await.expect(403);
        let change = json!({ "current_password": PASSWORD, "new_password": NEW });
        let changed = ada.client.request(reqwest::Method::PUT, "/api/v1/users/me/password").json(&change);
        test_kit::http::send(changed).await.expect(200);
        reset(&app, &second["token"], PASSWORD).await.expect(403);
        let third = link(&admin, &ada.id).await;
        app.hands.advance(Duration::from_hours(24));
        reset(&app, &third["token"], PASSWORD).await.expect(403);
        app.web.get(third["path"].as_str().unwrap()).await.expect(403);
        app.signed_in(&app.login("ada@example.org", NEW).await);
    })
    .await;
}

#[tokio::test]
async fn of_many_who_use_a_link_at_once_one_sets_the_password() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let (admin, ada) = (app.administrator("admin@example.org").await, app.member("ada@example.org").await);
        let token = link(&admin, &ada.id).await["token"].clone();
        let statuses = at_once(6, |number| {
            let (web, token) = (app.web.clone(), token.clone());
            async move {
                let body = json!({ "token": token, "new_password": format!("owl number {number}") });
                web.post(RESET, &body).await.status
            }
        })
        .await;
        assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 403).count(), 5, "{statuses:?}");
        let winner = statuses.iter().position(|status| *status == 204).unwrap();
        app.signed_in(&app.login("ada@example.org", &format!("owl number {winner}")).await);
    })
    .await;
}

#[tokio::test]
async fn the_page_of_the_link_does_the_same_without_a_script() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let (admin, ada) = (app.administrator("admin@example.org").await, app.member("ada@example.org").await);
        let link = link(&admin, &ada.id).await;
        let page = app.web.get(link["path"].as_str().unwrap()).await.expect(200);
        assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        let form = |password: &str| format!("token={}&new_password={password}", link["token"].as_str().unwrap());
        let submit =
            async |body: String| post_raw(&app.web, "/setup/password", "application/x-www-form-urlencoded", body).await;
        let short = submit(form("short")).await.expect(422);
        assert!(String::from_utf8_lossy(&short.body).contains("at least 8"));
        submit(form("ten+brown+owls")).await.expect(200);
        submit(form("ten+brown+owls")).await.expect(403);
        app.signed_in(&app.login("ada@example.org", NEW).await);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_link_costs_no_hash_and_every_bad_field_is_named() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        // A counter shows itself once it has counted.
        app.register("ada@example.org").await.expect(201);
        let before = app.counter("lendery_users_password_hashes_total");
        for token in [json!(""), json!("x"), json!("\u{0}"), json!("A".repeat(43)), json!("A".repeat(60_000))] {
            reset(&app, &token, NEW).await.expect(403);
        }
        assert_eq!(app.counter("lendery_users_password_hashes_total"), before);
        let refused = app.web.post(RESET, &json!({ "new_password": "short" })).await.expect(422).json();
        let named: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|e| e["pointer"].clone()).collect();
        assert_eq!(named, ["/token", "/new_password"]);
    })
    .await;
}
