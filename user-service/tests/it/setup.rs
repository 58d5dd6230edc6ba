use serde_json::json;
use test_kit::http::Answer;
use test_kit::on_every_database;

use crate::app::{PASSWORD, TestApp, at_once, post_raw};

const FORM: &str = "application/x-www-form-urlencoded";

async fn token(app: &TestApp) -> String {
    let answer = app.service.post("/internal/v1/setup-token", &json!({})).await.expect(200);
    answer.json()["token"].as_str().unwrap().to_owned()
}

fn filled(token: &str, email: &str) -> String {
    format!("token={token}&email={}&password=nine+grey+herons&display_name=Admin", email.replace('@', "%40"))
}

fn text(answer: &Answer) -> String {
    assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{:?}", answer.headers);
    String::from_utf8(answer.body.clone()).unwrap()
}

#[tokio::test]
async fn the_link_makes_the_first_administrator_once() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let token = token(&app).await;
        let page = app.web.get(&format!("/setup?token={token}")).await.expect(200);
        assert!(text(&page).contains(&token));
        let done = post_raw(&app.web, "/setup", FORM, filled(&token, "admin@example.org")).await.expect(200);
        assert!(text(&done).contains("admin@example.org"));
        post_raw(&app.web, "/setup", FORM, filled(&token, "eve@example.org")).await.expect(403);
        app.web.get(&format!("/setup?token={token}")).await.expect(403);
        assert_eq!(app.service.post("/internal/v1/setup-token", &json!({})).await.expect(409).problem(), "conflict");

        let admin = app.signed_in(&app.login("admin@example.org", PASSWORD).await);
        let me = admin.client.get("/api/v1/users/me").await.json();
        assert_eq!(me["roles"], json!(["member", "admin"]));
        assert_eq!(app.count("SELECT count(*) FROM users").await, 1);
    })
    .await;
}

#[tokio::test]
async fn of_two_who_use_the_link_at_once_one_becomes_the_administrator() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let token = token(&app).await;
        let statuses = at_once(6, |number| {
            let (web, form) = (app.web.clone(), filled(&token, &format!("admin{number}@example.org")));
            async move { post_raw(&web, "/setup", FORM, form).await.status }
        })
        .await;
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 403).count(), 5, "{statuses:?}");
        assert_eq!(app.count("SELECT count(*) FROM users").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_later_link_makes_the_earlier_worthless() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let (old, new) = (token(&app).await, token(&app).await);
        for token in [old.as_str(), "", "nonsense", "%00", "'%20OR%201=1"] {
            app.web.get(&format!("/setup?token={token}")).await.expect(403);
            post_raw(&app.web, "/setup", FORM, filled(token, "eve@example.org")).await.expect(403);
        }
        app.web.get("/setup").await.expect(403);
        app.web.get(&format!("/setup?token={new}")).await.expect(200);
        assert_eq!(app.count("SELECT count(*) FROM users").await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_administrator_made_otherwise_closes_the_link() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let token = token(&app).await;
        app.administrator("admin@example.org").await;
        app.web.get(&format!("/setup?token={token}")).await.expect(403);
        post_raw(&app.web, "/setup", FORM, filled(&token, "eve@example.org")).await.expect(403);
        assert_eq!(app.count("SELECT count(*) FROM users").await, 1);
    })
    .await;
}

#[tokio::test]
async fn what_was_wrong_is_shown_in_the_form_and_the_link_is_kept() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        app.register("ada@example.org").await.expect(201);
        let token = token(&app).await;
        let form = format!("token={token}&email=%22%3E%3Cscript%3E&password=short&display_name=+");
        let page = text(&post_raw(&app.web, "/setup", FORM, form).await.expect(422));
        assert_eq!(page.matches("aria-invalid=\"true\"").count(), 3, "{page}");
        assert!(page.contains(&token) && page.contains("&quot;&gt;&lt;script&gt;"), "{page}");
        assert!(!page.contains("<script") && !page.contains("short\""), "{page}");
        for label in ["email", "password", "display_name"] {
            assert!(page.contains(&format!("<label for=\"{label}\"")), "{page}");
        }
        let taken = post_raw(&app.web, "/setup", FORM, filled(&token, "ada@example.org")).await.expect(409);
        assert!(text(&taken).contains("role=\"alert\""));
        post_raw(&app.web, "/setup", FORM, filled(&token, "admin@example.org")).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn the_page_runs_no_script_and_leaks_no_token() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let page = app.web.get(&format!("/setup?token={}", token(&app).await)).await.expect(200);
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        for part in ["form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert!(!text(&page).contains("script"));
    })
    .await;
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let token = token(&app).await;
        for (content_type, body, status) in [
            ("application/json", filled(&token, "admin@example.org"), 415),
            (FORM, format!("{}&role=admin", filled(&token, "admin@example.org")), 400),
            (FORM, format!("token={token}&token={token}"), 400),
            (FORM, "x".repeat(70_000), 413),
        ] {
            post_raw(&app.web, "/setup", content_type, body).await.expect(status).problem();
        }
        assert_eq!(app.web.get("/setup?tokens=x").await.expect(400).problem(), "unknown_parameter");
        post_raw(&app.web, "/setup", FORM, filled(&token, "admin@example.org")).await.expect(200);
    })
    .await;
}
