use service_kit::clock::Clock;
use test_kit::on_every_database;
use user_service::Config;

use crate::app::{TestApp, at_once, start};

#[tokio::test]
async fn sessions_and_tokens_outlive_a_restart() {
    on_every_database(async |database| {
        let (clock, hands) = Clock::manual(start());
        let app = TestApp::start_with(&database, clock.clone(), hands.clone(), Config::default()).await;
        let ada = app.member("ada@example.org").await;
        app.stop().await;
        let app = TestApp::start_with(&database, clock, hands, Config::default()).await;
        assert!(app.is_active(&ada.access_token).await);
        app.refresh(&ada.refresh_token).await.expect(200);
        assert_eq!(app.count("SELECT count(*) FROM signing_keys").await, 1);
    })
    .await;
}

#[tokio::test]
async fn instances_that_start_together_sign_with_one_key() {
    let database = test_kit::TestDatabase::on(test_kit::Engine::Postgres).await;
    let apps = {
        let database = std::sync::Arc::new(database);
        at_once(3, |_| {
            let database = std::sync::Arc::clone(&database);
            async move {
                let app = TestApp::start(&database).await;
                app.web.get("/.well-known/jwks.json").await.expect(200);
                (app, database)
            }
        })
        .await
    };
    let (first, _) = &apps[0];
    let ada = first.member("ada@example.org").await;
    for (app, _database) in &apps {
        assert!(app.is_active(&ada.access_token).await);
    }
    assert_eq!(first.count("SELECT count(*) FROM signing_keys").await, 1);
}

#[tokio::test]
async fn a_database_that_goes_away_is_answered_503_and_nobody_passes() {
    let database = test_kit::TestDatabase::on(test_kit::Engine::Postgres).await;
    let app = TestApp::start(&database).await;
    let ada = app.member("ada@example.org").await;
    drop(database);
    for path in ["/api/v1/users/me", "/api/v1/auth/sessions"] {
        let refused = ada.client.get(path).await.expect(503);
        assert_eq!(refused.problem(), "unavailable");
        assert!(refused.header("retry-after").is_some());
    }
    let token = serde_json::json!({ "token": ada.access_token });
    assert_eq!(app.service.post("/internal/v1/validate-token", &token).await.expect(503).problem(), "unavailable");
    assert_eq!(app.register("bela@example.org").await.expect(503).problem(), "unavailable");
}
