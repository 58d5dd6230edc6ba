use std::time::Duration;

use sea_orm::{ConnectionTrait, Database, TransactionTrait};
use serde_json::json;
use test_kit::{Engine, TestDatabase, on_every_database};

use crate::app::{PASSWORD, TestApp};

const PATH: &str = "/api/v1/users/me/password";
const NEW: &str = "ten brown owls";

#[tokio::test]
async fn a_change_of_password_ends_every_token_but_those_it_answers() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        let phone = app.signed_in(&app.login("ada@example.org", PASSWORD).await);
        // Within the very second in which the tokens were issued.
        app.hands.advance(Duration::from_millis(1));
        let change = json!({ "current_password": PASSWORD, "new_password": NEW });
        let next = app.signed_in(&ada.client.put(PATH, "*", &change).await);
        assert!(app.is_active(&next.access_token).await);
        for token in [&ada.access_token, &phone.access_token] {
            assert!(!app.is_active(token).await);
        }
        for token in [&ada.refresh_token, &phone.refresh_token] {
            app.refresh(token).await.expect(401);
        }
        let refreshed = app.signed_in(&app.refresh(&next.refresh_token).await);
        app.login("ada@example.org", PASSWORD).await.expect(401);
        let later = app.signed_in(&app.login("ada@example.org", NEW).await);
        assert!(app.is_active(&refreshed.access_token).await && app.is_active(&later.access_token).await);
    })
    .await;
}

#[tokio::test]
async fn a_precondition_that_is_sent_with_a_change_of_password_is_kept() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        let read = ada.client.get("/api/v1/users/me").await.expect(200).header("etag").unwrap().to_owned();
        ada.client.patch("/api/v1/users/me", "*", &json!({ "display_name": "Ada L." })).await.expect(200);
        let change = json!({ "current_password": PASSWORD, "new_password": NEW });
        let stale = ada.client.put(PATH, &read, &change).await.expect(412);
        assert_eq!(stale.problem(), "stale_version");
        app.login("ada@example.org", PASSWORD).await.expect(200);
        let read = stale.header("etag").unwrap().to_owned();
        app.signed_in(&ada.client.put(PATH, &read, &change).await);
        app.login("ada@example.org", NEW).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_password_is_changed_only_by_who_knows_it_and_to_a_good_one() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        for (change, expected) in [
            (json!({}), vec![("/current_password", "required"), ("/new_password", "required")]),
            (
                json!({ "current_password": "wrong wrong", "new_password": NEW }),
                vec![("/current_password", "wrong_password")],
            ),
            (json!({ "current_password": PASSWORD, "new_password": "short" }), vec![("/new_password", "too_short")]),
            (
                json!({ "current_password": PASSWORD, "new_password": "qwertyuiop" }),
                vec![("/new_password", "common_password")],
            ),
        ] {
            let refused = ada.client.put(PATH, "*", &change).await.expect(422).json();
            let errors = refused["errors"].as_array().unwrap();
            let found: Vec<_> =
                errors.iter().map(|e| (e["pointer"].as_str().unwrap(), e["code"].as_str().unwrap())).collect();
            assert_eq!(found, expected, "{change}");
        }
        let change = json!({ "current_password": PASSWORD, "new_password": NEW });
        app.web.put(PATH, "*", &change).await.expect(401);
        assert!(app.is_active(&ada.access_token).await);
        app.login("ada@example.org", PASSWORD).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn logins_with_the_old_password_never_outlive_its_change() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        // With the change as many as are let through at once.
        let logins: Vec<_> = (0..4)
            .map(|_| {
                let web = app.web.clone();
                let login = json!({ "email": "ada@example.org", "password": PASSWORD });
                tokio::spawn(async move { web.post("/api/v1/auth/login", &login).await })
            })
            .collect();
        let change = json!({ "current_password": PASSWORD, "new_password": NEW });
        let next = app.signed_in(&ada.client.put(PATH, "*", &change).await);
        for login in logins {
            let answer = login.await.unwrap();
            assert!(answer.status == 200 || answer.status == 401, "{}", answer.status);
            if answer.status == 200 {
                app.refresh(&app.signed_in(&answer).refresh_token).await.expect(401);
            }
        }
        assert_eq!(app.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL").await, 1);
        assert!(app.is_active(&next.access_token).await);
    })
    .await;
}

/// Connections to this database that wait for another to let go of something.
const WAITING: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

#[tokio::test]
async fn a_refresh_that_is_on_its_way_during_a_change_of_password_leaves_no_token_behind() {
    let database = TestDatabase::on(Engine::Postgres).await;
    let app = TestApp::start(&database).await;
    let ada = app.member("ada@example.org").await;
    // A refresh stops where it has used its token up and has not yet added the next one.
    for statement in [
        "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NEW; END $$",
        "CREATE TRIGGER stop AFTER UPDATE OF used_at ON refresh_tokens FOR EACH ROW EXECUTE FUNCTION stop()",
    ] {
        app.execute(statement).await;
    }
    let db = Database::connect(database.url()).await.unwrap();
    let barrier = db.begin().await.unwrap();
    barrier.execute_unprepared("SELECT pg_advisory_xact_lock(7)").await.unwrap();
    let refresh = tokio::spawn({
        let (web, token) = (app.web.clone(), json!({ "refresh_token": ada.refresh_token }));
        async move { web.post("/api/v1/auth/refresh", &token).await }
    });
    app.until_count(WAITING, 1).await;
    app.hands.advance(Duration::from_millis(1));
    let change = tokio::spawn({
        let change = json!({ "current_password": PASSWORD, "new_password": NEW });
        let client = ada.client.clone();
        async move { client.put(PATH, "*", &change).await }
    });
    app.until_count(WAITING, 2).await;
    barrier.rollback().await.unwrap();
    let refreshed = app.signed_in(&refresh.await.unwrap());
    let changed = app.signed_in(&change.await.unwrap());
    assert_eq!(app.count("SELECT count(*) FROM refresh_tokens WHERE used_at IS NULL").await, 1);
    app.refresh(&refreshed.refresh_token).await.expect(401);
    assert!(!app.is_active(&refreshed.access_token).await);
    assert!(app.is_active(&changed.access_token).await);
    app.refresh(&changed.refresh_token).await.expect(200);
}
