//! The limits of every field: documented, and kept.

use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::{Answer, Client, send};
use test_kit::on_every_database;

use crate::app::{PASSWORD, TestApp};

/// Texts of requests, as `Request/field`, without a limit in the document.
fn unlimited(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let is_request = name.ends_with("Request") || name.ends_with("Form");
        for (field, property) in schema["properties"].as_object().into_iter().flatten().filter(|_| is_request) {
            let is_text =
                property["type"] == "string" || property["$ref"].as_str().is_some_and(|r| r.ends_with("/Secret"));
            if is_text && property["maxLength"].is_null() {
                found.push(format!("{name}/{field}"));
            }
        }
    }
    found
}

#[test]
fn every_text_has_its_limit_in_the_document() {
    let document = serde_json::to_value(user_service::openapi()).unwrap();
    assert_eq!(unlimited(&document), Vec::<String>::new());
    let schemas = &document["components"]["schemas"];
    let limit = |request: &str, field: &str| schemas[request]["properties"][field]["maxLength"].as_u64();
    assert_eq!(limit("ValidateTokenRequest", "token"), Some(4_096));
    assert_eq!(limit("LoginRequest", "password"), Some(128));
    let register = &document["components"]["schemas"]["RegisterRequest"]["properties"];
    assert_eq!(register["email"]["maxLength"], 254);
    assert_eq!((&register["password"]["minLength"], &register["password"]["maxLength"]), (&json!(8), &json!(128)));
    assert_eq!(
        (&register["display_name"]["minLength"], &register["display_name"]["maxLength"]),
        (&json!(1), &json!(80))
    );
}

async fn register(client: &Client, email: &str, password: &str, name: &str) -> Answer {
    client.post("/api/v1/auth/register", &json!({ "email": email, "password": password, "display_name": name })).await
}

/// The fields that were refused, with the reason.
fn refused(answer: &Answer) -> Vec<(String, String)> {
    let body = answer.clone().expect(422).json();
    let text = |error: &Value, member: &str| error[member].as_str().unwrap().to_owned();
    body["errors"].as_array().unwrap().iter().map(|e| (text(e, "pointer"), text(e, "code"))).collect()
}

#[tokio::test]
async fn what_is_just_within_a_limit_is_taken_and_what_is_just_beyond_is_named() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let long_email = |length: usize| format!("{}@{}.org", "l".repeat(64), "d.".repeat((length - 72) / 2) + "xxx");
        let (most, beyond) = (long_email(254), long_email(256));
        assert_eq!((most.len(), beyond.len()), (254, 256));
        register(&app.web, &most, &"é".repeat(128), &"山".repeat(80)).await.expect(201);
        app.login(&most, &"é".repeat(128)).await.expect(200);
        let all = register(&app.web, &beyond, &"é".repeat(129), &"山".repeat(81)).await;
        let too_long = |field: &str| (field.to_owned(), "too_long".to_owned());
        assert_eq!(refused(&all), [too_long("/email"), too_long("/password"), too_long("/display_name")]);
        let all = register(&app.web, "", "", "").await;
        let codes: Vec<_> = refused(&all).into_iter().map(|(_, code)| code).collect();
        assert_eq!(codes, ["not_an_email", "too_short", "empty"]);
    })
    .await;
}

#[tokio::test]
async fn every_form_of_a_wrong_field_is_refused_by_its_name() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        for email in [
            "a",
            "a@",
            "@b.org",
            "a b@c.org",
            "a@b..org",
            "a\u{0}@b.org",
            "a@b.org\r\nBcc: x@y.org",
            "ä@b.org",
            "a@[::1]",
        ] {
            let answer = register(&app.web, email, PASSWORD, "Ada").await;
            assert_eq!(refused(&answer), [("/email".to_owned(), "not_an_email".to_owned())], "{email:?}");
        }
        for (name, code) in [
            ("a\u{0}b", "control_character"),
            ("a\nb", "control_character"),
            ("a\u{1b}[31m", "control_character"),
            ("a\u{202e}b", "invisible_character"),
            ("\u{200b}", "invisible_character"),
            (" ", "empty"),
        ] {
            let answer = register(&app.web, "ada@example.org", PASSWORD, name).await;
            assert_eq!(refused(&answer), [("/display_name".to_owned(), code.to_owned())], "{name:?}");
        }
        assert_eq!(app.count("SELECT count(*) FROM users").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_password_of_any_script_works_byte_for_byte() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let passwords = [
            "пароль-на-лето",
            "密码密码密码密码",
            "🦉🦉🦉🦉🦉🦉🦉🦉",
            "  spaces  around  ",
            "nul\u{0}nul\u{0}!",
            "e\u{301}e\u{301}e\u{301}e\u{301}",
        ];
        for (number, password) in passwords.into_iter().enumerate() {
            let email = format!("member{number}@example.org");
            register(&app.web, &email, password, "Ada").await.expect(201);
            app.login(&email, password).await.expect(200);
        }
        app.login("member3@example.org", "spaces  around").await.expect(401);
        app.login("member4@example.org", "nul").await.expect(401);
    })
    .await;
}

#[tokio::test]
async fn fields_of_the_wrong_kind_are_refused_everywhere() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        for (method, path, media) in [
            (Method::POST, "/api/v1/auth/register", "application/json"),
            (Method::POST, "/api/v1/auth/password-reset", "application/json"),
            (Method::PUT, "/api/v1/users/me/password", "application/json"),
            (Method::PATCH, "/api/v1/users/me", "application/merge-patch+json"),
        ] {
            for (body, status) in [
                (json!({ "display_name": 7, "email": 7, "new_password": 7 }).to_string(), 400..=422),
                (json!({ "is_admin": true }).to_string(), 400..=400),
                (format!("{{\"x\":\"{}\"}}", "a".repeat(70_000)), 413..=413),
                ("[".repeat(60_000), 400..=422),
            ] {
                let request = ada.client.request(method.clone(), path).header("if-match", "*");
                let answer = send(request.header("content-type", media).body(body)).await;
                assert!(status.contains(&answer.status), "{method} {path}: {}", answer.status);
            }
        }
    })
    .await;
}
