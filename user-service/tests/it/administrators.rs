use serde_json::json;
use test_kit::on_every_database;

use crate::app::{PASSWORD, TestApp};

const ADMINS: &str = "/internal/v1/admins";

#[tokio::test]
async fn the_operator_makes_an_administrator() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let admin = app.administrator("admin@example.org").await;
        let me = admin.client.get("/api/v1/users/me").await.expect(200).json();
        assert_eq!(me["roles"], json!(["member", "admin"]));
        assert_eq!(app.validate(&admin.access_token).await["roles"], json!(["member", "admin"]));
        let account = json!({ "email": "admin@example.org", "password": PASSWORD, "display_name": "Admin" });
        app.service.post(ADMINS, &account).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn an_account_that_is_appointed_belongs_to_the_operators_password_alone() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let squatter = app.member("admin@example.org").await;
        let account = json!({ "email": "admin@example.org", "password": "ten brown owls", "display_name": "Admin" });
        let appointed = app.service.post(ADMINS, &account).await.expect(200).json();
        assert_eq!(appointed["id"], squatter.id);
        assert_eq!(appointed["roles"], json!(["member", "admin"]));
        assert!(!app.is_active(&squatter.access_token).await);
        app.refresh(&squatter.refresh_token).await.expect(401);
        app.login("admin@example.org", PASSWORD).await.expect(401);
        app.login("admin@example.org", "ten brown owls").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn only_services_make_administrators_and_only_with_good_fields() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let member = app.member("ada@example.org").await;
        let account = json!({ "email": "admin@example.org", "password": PASSWORD, "display_name": "Admin" });
        for client in [&app.web, &member.client] {
            assert_eq!(client.post(ADMINS, &account).await.expect(401).problem(), "invalid_token");
        }
        let refused = app.service.post(ADMINS, &json!({ "password": "short" })).await.expect(422).json();
        assert_eq!(refused["errors"].as_array().unwrap().len(), 3, "{refused}");
        assert_eq!(app.count("SELECT count(*) FROM users WHERE role = 'admin'").await, 0);
    })
    .await;
}
