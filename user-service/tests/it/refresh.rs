use std::collections::HashSet;
use std::time::Duration;

use service_kit::clock::Clock;
use test_kit::{Engine, TestDatabase, on_every_database};
use user_service::Config;

use crate::app::{TestApp, at_once, start};

#[tokio::test]
async fn a_refresh_gives_a_new_pair_for_the_same_session() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let first = app.member("ada@example.org").await;
        app.hands.advance(Duration::from_secs(200));
        let next = app.signed_in(&app.refresh(&first.refresh_token).await);
        assert_ne!(next.refresh_token, first.refresh_token);
        assert_ne!(next.access_token, first.access_token);
        let (before, after) = (app.validate(&first.access_token).await, app.validate(&next.access_token).await);
        assert_eq!(before["sid"], after["sid"]);
        assert_eq!(after["exp"].as_i64().unwrap() - before["exp"].as_i64().unwrap(), 200);
    })
    .await;
}

#[tokio::test]
async fn a_hundred_parallel_refreshes_leave_one_live_successor() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let member = app.member("ada@example.org").await;
        let answers = at_once(100, |_| {
            let (web, token) = (app.web.clone(), member.refresh_token.clone());
            async move { web.post("/api/v1/auth/refresh", &serde_json::json!({ "refresh_token": token })).await }
        })
        .await;
        let successors: HashSet<_> = answers.iter().map(|answer| app.signed_in(answer).refresh_token).collect();
        assert_eq!(successors.len(), 1);
        assert_eq!(app.count("SELECT count(*) FROM refresh_tokens WHERE used_at IS NULL").await, 1);
        app.refresh(successors.iter().next().unwrap()).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn parallel_refreshes_on_two_instances_leave_one_live_successor_too() {
    let database = TestDatabase::on(Engine::Postgres).await;
    let (clock, hands) = Clock::manual(start());
    let one = TestApp::start_with(&database, clock.clone(), hands.clone(), Config::default()).await;
    let two = TestApp::start_with(&database, clock, hands, Config::default()).await;
    let member = one.member("ada@example.org").await;
    let answers = at_once(100, |number| {
        let web = if number % 2 == 0 { one.web.clone() } else { two.web.clone() };
        let body = serde_json::json!({ "refresh_token": member.refresh_token });
        async move { web.post("/api/v1/auth/refresh", &body).await }
    })
    .await;
    let successors: HashSet<_> = answers.iter().map(|answer| one.signed_in(answer).refresh_token).collect();
    assert_eq!(successors.len(), 1);
    assert_eq!(one.count("SELECT count(*) FROM refresh_tokens WHERE used_at IS NULL").await, 1);
    // A stale one ends the family on both.
    one.signed_in(&one.refresh(successors.iter().next().unwrap()).await);
    two.refresh(&member.refresh_token).await.expect(401);
    assert_eq!(one.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL").await, 0);
}

#[tokio::test]
async fn a_lost_answer_is_given_again_for_five_seconds() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let first = app.member("ada@example.org").await;
        let lost = app.signed_in(&app.refresh(&first.refresh_token).await);
        app.hands.advance(Duration::from_secs(5));
        let again = app.signed_in(&app.refresh(&first.refresh_token).await);
        assert_eq!(again.refresh_token, lost.refresh_token);
        app.refresh(&again.refresh_token).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_comes_again_later_ends_its_session() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let first = app.member("ada@example.org").await;
        let next = app.signed_in(&app.refresh(&first.refresh_token).await);
        assert!(app.is_active(&next.access_token).await);
        app.hands.advance(Duration::from_millis(5_001));
        assert_eq!(app.refresh(&first.refresh_token).await.expect(401).problem(), "invalid_token");
        assert!(!app.is_active(&next.access_token).await);
        app.refresh(&next.refresh_token).await.expect(401);
        assert_eq!(app.count("SELECT count(*) FROM sessions WHERE end_reason = 'replay'").await, 1);
    })
    .await;
}

#[tokio::test]
async fn the_grace_ends_with_the_first_use_of_the_successor() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let first = app.member("ada@example.org").await;
        let next = app.signed_in(&app.refresh(&first.refresh_token).await);
        let last = app.signed_in(&app.refresh(&next.refresh_token).await);
        app.refresh(&first.refresh_token).await.expect(401);
        assert!(!app.is_active(&last.access_token).await);
        app.refresh(&last.refresh_token).await.expect(401);
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_thirty_days_after_its_login_however_often_it_is_refreshed() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let mut member = app.member("ada@example.org").await;
        for _ in 0..29 {
            app.hands.advance(Duration::from_hours(24));
            member = app.signed_in(&app.refresh(&member.refresh_token).await);
        }
        app.hands.advance(Duration::from_secs(24 * 3600 - 60));
        member = app.signed_in(&app.refresh(&member.refresh_token).await);
        assert!(app.is_active(&member.access_token).await);
        app.hands.advance(Duration::from_secs(61));
        assert!(!app.is_active(&member.access_token).await);
        app.refresh(&member.refresh_token).await.expect(401);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_refresh_token_of_ours_is_refused() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let member = app.member("ada@example.org").await;
        for token in ["", "x", &"A".repeat(43), &"A".repeat(60_000), &member.access_token, "\u{0}", "ä"] {
            assert_eq!(app.refresh(token).await.expect(401).problem(), "invalid_token", "{token}");
        }
        assert!(!app.is_active(&member.refresh_token).await, "a refresh token is no access token");
        app.refresh(&member.refresh_token).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn the_database_keeps_no_token_that_could_be_used() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let first = app.member("ada@example.org").await;
        let next = app.signed_in(&app.refresh(&first.refresh_token).await);
        let rows = app.rows("SELECT digest, sealed_successor FROM refresh_tokens").await;
        assert_eq!(rows.len(), 2);
        for row in rows {
            let digest: Vec<u8> = row.try_get_by_index(0).unwrap();
            let sealed: Option<Vec<u8>> = row.try_get_by_index(1).unwrap();
            for bytes in sealed.into_iter().chain([digest]) {
                use base64::Engine;
                let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
                assert!(text != first.refresh_token && text != next.refresh_token);
                app.refresh(&text).await.expect(401);
            }
        }
        app.refresh(&next.refresh_token).await.expect(200);
    })
    .await;
}
