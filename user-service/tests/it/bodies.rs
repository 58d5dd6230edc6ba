//! The rows of the API's conventions: what is wrong with a request decides its answer, and nothing is ever a 500.

use reqwest::Method;
use serde_json::json;
use test_kit::http::{Answer, Client, send};
use test_kit::on_every_database;

use crate::app::{TestApp, post_raw};

const REGISTER: &str = "/api/v1/auth/register";

#[track_caller]
fn is_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.problem().as_str()), (status, code), "{}", answer.json());
    let body = answer.json();
    assert_eq!(body["status"], status);
    assert_eq!(body["type"], format!("/problems/{}", code.replace('_', "-")));
    assert_eq!(body["request_id"].as_str(), answer.header("x-request-id"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_in_its_own_way() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let json = "application/json";
        for (path, field) in
            [(REGISTER, "email"), ("/api/v1/auth/login", "email"), ("/api/v1/auth/refresh", "refresh_token")]
        {
            for broken in ["", "{", "{\"", "{\"x", "{} {}", "\u{feff}{}", "nul", "{,}", "'{}'"] {
                is_problem(&post_raw(&app.web, path, json, broken).await, 400, "malformed_json");
            }
            is_problem(&post_raw(&app.web, path, json, [0xff, 0xfe]).await, 400, "malformed_json");
            is_problem(&post_raw(&app.web, path, json, "{\"is_admin\":true}").await, 400, "unknown_field");
            let number = format!("{{\"{field}\":7}}");
            for other in ["[]", "7", "\"x\"", "null", &number] {
                is_problem(&post_raw(&app.web, path, json, other).await, 422, "invalid_fields");
            }
            is_problem(&post_raw(&app.web, path, "text/plain", "{}").await, 415, "unsupported_media_type");
            is_problem(
                &post_raw(&app.web, path, "application/merge-patch+json", "{}").await,
                415,
                "unsupported_media_type",
            );
            is_problem(&send(app.web.request(Method::POST, path)).await, 415, "unsupported_media_type");
            let large = format!("{{\"{field}\":\"{}\"}}", "a".repeat(70_000));
            is_problem(&post_raw(&app.web, path, json, large).await, 413, "body_too_large");
            let deep = format!("{{\"{field}\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
            assert!(post_raw(&app.web, path, json, deep).await.status < 500);
        }
        post_raw(&app.web, "/api/v1/auth/login", "Application/JSON; charset=utf-8", "{}").await.expect(422);
    })
    .await;
}

#[tokio::test]
async fn ten_megabytes_are_refused_without_being_read() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let body = vec![b'a'; 10_000_000];
        let request = app.web.request(Method::POST, REGISTER).header("content-type", "application/json").body(body);
        // The service may answer and close before the client has sent all of it.
        match request.send().await {
            Ok(answer) => assert_eq!(answer.status(), 413),
            Err(error) => assert!(error.is_request() || error.is_body(), "{error}"),
        }
        app.register("ada@example.org").await.expect(201);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        for (path, wrong, allowed) in [
            (REGISTER, Method::GET, vec!["POST"]),
            ("/api/v1/auth/login", Method::PUT, vec!["POST"]),
            ("/api/v1/users/me", Method::POST, vec!["GET", "PATCH", "DELETE"]),
            ("/api/v1/users/me/password", Method::GET, vec!["PUT"]),
            ("/.well-known/jwks.json", Method::DELETE, vec!["GET"]),
            ("/setup", Method::PUT, vec!["GET", "POST"]),
            ("/internal/v1/validate-token", Method::GET, vec!["POST"]),
        ] {
            let answer = send(app.web.request(wrong, path)).await;
            is_problem(&answer, 405, "method_not_allowed");
            for method in allowed {
                assert!(answer.header("allow").unwrap().contains(method), "{path}: {:?}", answer.header("allow"));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn unknown_addresses_and_parameters_are_refused() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        for nowhere in
            ["/", "/api/v1", "/api/v1/user", "/api/v1/auth/register/", "/api/v2/users/me", "/internal/v1", "//setup"]
        {
            is_problem(&app.web.get(nowhere).await, 404, "not_found");
        }
        let profile = format!("/api/v1/users/{}/profile", ada.id);
        let clients: [(&Client, &str); 6] = [
            (&ada.client, "/api/v1/users/me"),
            (&ada.client, "/api/v1/auth/sessions"),
            (&app.web, &profile),
            (&app.web, "/.well-known/jwks.json"),
            (&app.web, "/setup"),
            (&app.service, "/internal/v1/users"),
        ];
        for (client, path) in clients {
            is_problem(&client.get(&format!("{path}?colour=red")).await, 400, "unknown_parameter");
        }
        is_problem(&app.web.post(&format!("{REGISTER}?admin=true"), &json!({})).await, 400, "unknown_parameter");
        is_problem(&app.service.get("/internal/v1/users?email=a&email=b").await, 400, "unknown_parameter");
        is_problem(&app.service.get("/internal/v1/users").await, 422, "invalid_fields");
        for nobody in ["", "x", "%00", "nobody@example.org", "%27%20OR%201=1"] {
            is_problem(&app.service.get(&format!("/internal/v1/users?email={nobody}")).await, 404, "not_found");
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_id_is_passed_on_or_made() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let get = |id: &'static str| app.web.request(Method::GET, "/api/v1/users/me").header("x-request-id", id);
        let answer = send(get("abc-123")).await.expect(401);
        assert_eq!(answer.json()["request_id"], "abc-123");
        let answer = send(get("no spaces <allowed>")).await.expect(401);
        assert_ne!(answer.json()["request_id"], "no spaces <allowed>");
    })
    .await;
}
