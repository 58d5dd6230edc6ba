use serde_json::json;
use test_kit::on_every_database;

use crate::app::{PASSWORD, TestApp, at_once};

#[tokio::test]
async fn whoever_registers_can_sign_in_and_read_the_account() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let account = json!({ "email": " Ada@Example.ORG ", "password": PASSWORD, "display_name": " Ada L. " });
        let created = app.web.post("/api/v1/auth/register", &account).await.expect(201);
        assert_eq!(created.header("location"), Some("/api/v1/users/me"));
        assert_eq!(created.etag(), "\"1\"");
        assert_eq!(created.header("cache-control"), Some("no-store"));
        let user = created.json();
        assert_eq!(user["email"], "ada@example.org");
        assert_eq!(user["display_name"], "Ada L.");
        assert_eq!(user["roles"], json!(["member"]));
        assert_eq!(user["status"], "active");
        assert_eq!(user["created_at"], "2026-11-21T00:00:00.250Z");

        let ada = app.signed_in(&app.login("ADA@example.org", PASSWORD).await);
        let me = ada.client.get("/api/v1/users/me").await.expect(200);
        assert_eq!(me.json(), user);
        assert_eq!(me.etag(), created.etag());
        assert_eq!(me.header("cache-control"), Some("private, no-store"));
    })
    .await;
}

#[tokio::test]
async fn an_email_has_one_account_however_it_is_written_and_however_many_ask_at_once() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let answers = at_once(8, |number| {
            let web = app.web.clone();
            let email = if number % 2 == 0 { "ada@example.org" } else { "Ada@Example.org " };
            let account = json!({ "email": email, "password": PASSWORD, "display_name": "Ada" });
            async move { web.post("/api/v1/auth/register", &account).await }
        })
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
        for refused in answers.iter().filter(|answer| answer.status != 201) {
            assert_eq!((refused.status, refused.problem().as_str()), (409, "email_taken"));
        }
        assert_eq!(app.count("SELECT count(*) FROM users").await, 1);
    })
    .await;
}

#[tokio::test]
async fn every_bad_field_of_a_registration_is_named() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        for (account, expected) in [
            (json!({}), [("/email", "required"), ("/password", "required"), ("/display_name", "required")]),
            (
                json!({ "email": null, "password": "short", "display_name": " " }),
                [("/email", "required"), ("/password", "too_short"), ("/display_name", "empty")],
            ),
            (
                json!({ "email": "ada@", "password": "Password1", "display_name": "a\u{202e}b" }),
                [("/email", "not_an_email"), ("/password", "common_password"), ("/display_name", "invisible_character")],
            ),
            (
                json!({ "email": "a\u{0}da@example.org", "password": "p".repeat(129), "display_name": "a\u{0}b" }),
                [("/email", "not_an_email"), ("/password", "too_long"), ("/display_name", "control_character")],
            ),
            (
                json!({ "email": format!("{}@example.org", "a".repeat(300)), "password": "", "display_name": "x".repeat(81) }),
                [("/email", "too_long"), ("/password", "too_short"), ("/display_name", "too_long")],
            ),
        ] {
            let refused = app.web.post("/api/v1/auth/register", &account).await.expect(422);
            assert_eq!(refused.problem(), "invalid_fields");
            let body = refused.json();
            let errors = body["errors"].as_array().unwrap();
            let found: Vec<_> = errors.iter().map(|e| (e["pointer"].as_str().unwrap(), e["code"].as_str().unwrap())).collect();
            assert_eq!(found, expected, "{account}");
        }
        assert_eq!(app.count("SELECT count(*) FROM users").await, 0);
    })
    .await;
}

#[tokio::test]
async fn passwords_of_any_script_are_kept_apart() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let passwords =
            ["пароль-на-лето", "密码密码密码密码", "  spaces  around  ", "null\u{0}in the middle", "🔧🔨🔩🪛🪚🧰🪜🔦"];
        for (number, password) in passwords.iter().enumerate() {
            let email = format!("member{number}@example.org");
            let account = json!({ "email": email, "password": password, "display_name": "Ada" });
            app.web.post("/api/v1/auth/register", &account).await.expect(201);
            app.login(&email, password).await.expect(200);
        }
        app.login("member2@example.org", "spaces  around").await.expect(401);
        app.login("member3@example.org", "null").await.expect(401);
    })
    .await;
}
