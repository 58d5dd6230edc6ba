//! The audit trail: what is in it, what is not, and who reads it.

use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::{Client, send};
use test_kit::on_every_database;

use crate::app::{PASSWORD, TestApp};

const EVENTS: &str = "/api/v1/auth/events";

async fn events(admin: &Client, query: &str) -> Vec<Value> {
    let page = admin.get(&format!("{EVENTS}?limit=100{query}")).await.expect(200).json();
    page["items"].as_array().unwrap().clone()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_happens_to_an_account_is_written_down_with_who_did_it() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let admin = app.administrator("admin@example.org").await;
        let ada = app.member("ada@example.org").await;
        app.login("ada@example.org", "wrong wrong").await.expect(401);
        let next = app.signed_in(&app.refresh(&ada.refresh_token).await);
        app.signed_in(&app.refresh(&next.refresh_token).await);
        app.refresh(&ada.refresh_token).await.expect(401);
        let ada = app.signed_in(&app.login("ada@example.org", PASSWORD).await);
        let change = json!({ "current_password": PASSWORD, "new_password": "ten brown owls" });
        let changed = ada.client.request(Method::PUT, "/api/v1/users/me/password").json(&change);
        let ada = app.signed_in(&send(changed).await);
        ada.client.post("/api/v1/auth/logout", &json!({})).await.expect(204);
        let path = format!("/api/v1/users/{}", ada.id);
        for change in [json!({ "roles": ["member", "admin"] }), json!({ "status": "disabled", "roles": ["member"] })] {
            admin.client.patch(&path, "*", &change).await.expect(200);
        }
        app.login("ada@example.org", "ten brown owls").await.expect(403);
        admin.client.post(&format!("{path}/password-reset"), &json!({})).await.expect(200);

        let of_ada = events(&admin.client, &format!("&user_id={}", ada.id)).await;
        let mut expected = vec![
            "account_opened",
            "logged_in",
            "login_failed",
            "token_replayed",
            "logged_in",
            "password_changed",
            "logged_out",
            "role_changed",
            "role_changed",
            "status_changed",
            "login_failed",
            "reset_offered",
        ];
        expected.reverse();
        assert_eq!(kinds(&of_ada), expected);
        assert_eq!((&of_ada[1]["note"], &of_ada[9]["note"]), (&json!("disabled"), &json!("wrong_password")));
        assert_eq!((&of_ada[2]["note"], &of_ada[2]["actor_id"]), (&json!("disabled"), &json!(admin.id)));
        assert_eq!((&of_ada[4]["note"], &of_ada[4]["actor_id"]), (&json!("admin"), &json!(admin.id)));
        assert_eq!((&of_ada[6]["kind"], &of_ada[6]["actor_id"]), (&json!("password_changed"), &json!(ada.id)));
        assert_eq!(of_ada[9]["actor_id"], Value::Null, "whoever failed to sign in is nobody");
        assert!(of_ada.iter().all(|event| event["address"] == "127.0.0.1"), "{of_ada:?}");

        let by_admin = events(&admin.client, &format!("&actor_id={}&kind=reset_offered", admin.id)).await;
        assert_eq!(by_admin.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn wrong_current_passwords_and_the_first_attempt_that_has_to_wait_are_written_down() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let admin = app.administrator("admin@example.org").await;
        let ada = app.member("ada@example.org").await;
        let change = json!({ "current_password": "wrong wrong", "new_password": "ten brown owls" });
        for expected in [422, 422, 422, 422, 422, 429, 429] {
            ada.client.put("/api/v1/users/me/password", "*", &change).await.expect(expected);
        }
        app.hands.advance(std::time::Duration::from_secs(1));
        app.login("ada@example.org", "wrong wrong").await.expect(401);
        for _ in 0..3 {
            app.login("ada@example.org", PASSWORD).await.expect(429);
        }
        let failed = events(&admin.client, &format!("&kind=login_failed&user_id={}", ada.id)).await;
        let mut notes: Vec<_> = failed.iter().map(|event| event["note"].as_str().unwrap()).collect();
        notes.reverse();
        let mut expected = vec!["wrong_current_password"; 5];
        expected.extend(["throttled", "wrong_password", "throttled"]);
        assert_eq!(notes, expected);
        let by_ada = failed.iter().filter(|event| event["actor_id"] == ada.id.as_str()).count();
        assert_eq!(by_ada, 6, "whoever had the session is named");
    })
    .await;
}

#[tokio::test]
async fn attempts_refused_because_of_their_address_are_one_event_for_each_minute() {
    on_every_database(async |database| {
        let (clock, hands) = service_kit::clock::Clock::manual(crate::app::start());
        let config = user_service::Config { failed_attempts_per_address: 2, ..user_service::Config::default() };
        let app = TestApp::start_with(&database, clock, hands, config).await;
        let admin = app.administrator("admin@example.org").await;
        app.register("ada@example.org").await.expect(201);
        let login = json!({ "email": "ada@example.org", "password": "wrong wrong" });
        let attempt = async |address: &str| {
            let request = app.web.request(Method::POST, "/api/v1/auth/login").header("x-forwarded-for", address);
            send(request.json(&login)).await.status
        };
        for address in ["203.0.113.7", "203.0.113.8"] {
            let mut refused = 0;
            for _ in 0..40 {
                refused += usize::from(attempt(address).await == 429);
            }
            assert_eq!(refused, 38, "two failures each");
        }
        let throttled = "SELECT count(*) FROM security_events WHERE note LIKE 'throttled_address%'";
        assert_eq!(app.count(throttled).await, 0, "the minute is not over");
        app.hands.advance(std::time::Duration::from_secs(60));
        app.until_count(throttled, 2).await;
        let failed = events(&admin.client, "&kind=login_failed").await;
        let mut seen: Vec<_> =
            failed.iter().map(|event| (event["note"].as_str().unwrap(), &event["address"])).collect();
        seen.retain(|(note, _)| note.starts_with("throttled_address"));
        seen.sort_by_key(|(_, address)| address.to_string());
        let expected = [("throttled_address 38", json!("203.0.113.7")), ("throttled_address 38", json!("203.0.113.8"))];
        assert_eq!(seen, expected.each_ref().map(|(note, address)| (*note, address)));
    })
    .await;
}

#[tokio::test]
async fn refusals_that_were_not_written_down_yet_are_when_the_service_stops() {
    on_every_database(async |database| {
        let (clock, hands) = service_kit::clock::Clock::manual(crate::app::start());
        let config = || user_service::Config { failed_attempts_per_address: 1, ..user_service::Config::default() };
        let app = TestApp::start_with(&database, clock.clone(), hands.clone(), config()).await;
        for expected in [401, 429, 429] {
            app.login("nobody@example.org", "wrong wrong").await.expect(expected);
        }
        app.stop().await;
        let app = TestApp::start_with(&database, clock, hands, config()).await;
        let noted = "SELECT count(*) FROM security_events WHERE note = 'throttled_address 2'";
        assert_eq!(app.count(noted).await, 1);
    })
    .await;
}

#[tokio::test]
async fn the_trail_holds_nothing_that_was_typed_and_no_secret() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let admin = app.administrator("admin@example.org").await;
        let ada = app.member("ada@example.org").await;
        // A password where the e-mail belongs.
        app.login(PASSWORD, PASSWORD).await.expect(401);
        app.login("nobody@example.org", "a wrong password").await.expect(401);
        let link = admin.client.post(&format!("/api/v1/users/{}/password-reset", ada.id), &json!({})).await.expect(200);
        let token = link.json()["token"].as_str().unwrap().to_owned();
        let all = serde_json::to_string(&events(&admin.client, "").await).unwrap();
        let unknown = events(&admin.client, "&kind=login_failed").await;
        assert!(unknown.iter().all(|event| event["note"] == "unknown_email" && event["user_id"].is_null()));
        for secret in [PASSWORD, "a wrong password", "@example.org", &token, &ada.refresh_token, &ada.access_token] {
            assert!(!all.contains(secret), "{secret} in {all}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_trail_comes_in_pages_and_wrong_filters_are_all_named() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let admin = app.administrator("admin@example.org").await;
        for number in 0..5 {
            app.register(&format!("member{number}@example.org")).await.expect(201);
        }
        let (mut seen, mut next) = (Vec::new(), String::new());
        for length in [3, 3, 0] {
            let page =
                admin.client.get(&format!("{EVENTS}?kind=account_opened&limit=3{next}")).await.expect(200).json();
            seen.extend(page["items"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()));
            next = page["next"].as_str().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            if next.is_empty() {
                break;
            }
            assert_eq!(length, 3);
        }
        assert_eq!(seen.len(), 6);
        assert!(seen.is_sorted_by(|newer, older| newer > older), "{seen:?}");
        let foreign = admin.client.get(&format!("{EVENTS}?limit=1")).await.json()["next"].as_str().unwrap().to_owned();
        let wrong = admin.client.get(&format!("{EVENTS}?kind=logged_in&cursor={foreign}")).await;
        assert_eq!(wrong.expect(400).problem(), "invalid_cursor");
        let refused = admin.client.get(&format!("{EVENTS}?kind=x&user_id=y&actor_id=%00&limit=0")).await.expect(422);
        let named: Vec<_> = refused.json()["errors"].as_array().unwrap().iter().map(|e| e["pointer"].clone()).collect();
        assert_eq!(named, ["limit", "kind", "user_id", "actor_id"]);
    })
    .await;
}

#[tokio::test]
async fn an_event_is_as_durable_as_the_change_it_tells_of() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let admin = app.administrator("admin@example.org").await;
        let path = format!("/api/v1/users/{}", app.member("ada@example.org").await.id);
        // Where the trail cannot be written, nothing else is.
        app.execute("ALTER TABLE security_events RENAME TO elsewhere").await;
        admin.client.patch(&path, "*", &json!({ "status": "disabled" })).await.expect(500);
        app.register("bela@example.org").await.expect(500);
        app.execute("ALTER TABLE elsewhere RENAME TO security_events").await;
        assert_eq!(admin.client.get(&path).await.expect(200).json()["status"], "active");
        app.register("bela@example.org").await.expect(201);
    })
    .await;
}

#[tokio::test]
async fn events_are_kept_for_180_days() {
    on_every_database(async |database| {
        let (clock, hands) = service_kit::clock::Clock::manual(crate::app::start());
        let config = user_service::Config::default;
        let app = TestApp::start_with(&database, clock.clone(), hands.clone(), config()).await;
        app.member("ada@example.org").await;
        app.stop().await;
        hands.advance(std::time::Duration::from_hours(24 * 181));
        // A start begins with a purge.
        let app = TestApp::start_with(&database, clock, hands, config()).await;
        app.until_count("SELECT count(*) FROM security_events", 0).await;
    })
    .await;
}
