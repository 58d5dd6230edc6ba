//! What guessing costs.

use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use reqwest::Method;
use serde_json::json;
use service_kit::clock::Clock;
use test_kit::http::{Answer, send};
use test_kit::{TestDatabase, on_every_database};
use user_service::Config;

use crate::app::{PASSWORD, TestApp, at_once, start};

const HASHES: &str = "lendery_users_password_hashes_total";

async fn started(database: &TestDatabase, config: Config) -> TestApp {
    let (clock, hands) = Clock::manual(start());
    TestApp::start_with(database, clock, hands, config).await
}

/// A login that comes from `address`, as the gateway says.
async fn login_from(app: &TestApp, address: &str, email: &str, password: &str) -> Answer {
    let login = json!({ "email": email, "password": password });
    let request = app.web.request(Method::POST, "/api/v1/auth/login").header("x-forwarded-for", address);
    send(request.json(&login)).await
}

#[tokio::test]
async fn an_address_that_fails_too_often_waits_without_costing_a_hash() {
    on_every_database(async |database| {
        let app = started(&database, Config { failed_attempts_per_address: 3, ..Config::default() }).await;
        app.register("ada@example.org").await.expect(201);
        for number in 0..3 {
            login_from(&app, "203.0.113.7", &format!("nobody{number}@example.org"), PASSWORD).await.expect(401);
        }
        let before = app.counter(HASHES);
        let refused = login_from(&app, "203.0.113.7", "ada@example.org", PASSWORD).await.expect(429);
        assert_eq!(refused.problem(), "too_many_requests");
        assert_eq!(refused.header("retry-after"), Some("3"));
        assert_eq!(refused.header("ratelimit-policy"), Some("\"failures\";q=3;w=9"));
        assert_eq!(refused.header("ratelimit"), Some("\"failures\";r=0;t=3"));
        assert_eq!(app.counter(HASHES), before);
        login_from(&app, "203.0.113.8", "ada@example.org", PASSWORD).await.expect(200);
        app.hands.advance(Duration::from_secs(3));
        for _ in 0..5 {
            login_from(&app, "203.0.113.7", "ada@example.org", PASSWORD).await.expect(200);
        }
    })
    .await;
}

#[tokio::test]
async fn trying_one_email_after_another_by_registering_is_counted_too() {
    on_every_database(async |database| {
        let app = started(&database, Config { failed_attempts_per_address: 2, ..Config::default() }).await;
        for number in 0..4 {
            app.register(&format!("member{number}@example.org")).await.expect(201);
        }
        for expected in [409, 409, 429] {
            app.register("member0@example.org").await.expect(expected);
        }
    })
    .await;
}

#[tokio::test]
async fn only_a_trusted_proxy_is_believed_where_a_request_came_from() {
    on_every_database(async |database| {
        let config = Config { failed_attempts_per_address: 2, trusted_proxies: String::new(), ..Config::default() };
        let app = started(&database, config).await;
        for (number, expected) in [401, 401, 429, 429].into_iter().enumerate() {
            let refused = login_from(&app, &format!("203.0.113.{number}"), "nobody@example.org", PASSWORD).await;
            refused.expect(expected);
        }
        assert_eq!(app.count("SELECT count(*) FROM security_events WHERE address = '127.0.0.1'").await, 2);
    })
    .await;
}

#[tokio::test]
async fn of_a_list_of_addresses_the_one_that_the_gateway_added_counts() {
    on_every_database(async |database| {
        let app = started(&database, Config::default()).await;
        for (said, believed) in [
            ("1.2.3.4, 203.0.113.9", "203.0.113.9"),
            ("::ffff:203.0.113.10", "203.0.113.10"),
            ("2001:db8::7", "2001:db8::7"),
            ("unknown", "127.0.0.1"),
            ("1.2.3.4, ", "127.0.0.1"),
            ("'; DROP TABLE users", "127.0.0.1"),
        ] {
            let nobody = format!("nobody-{}@example.org", said.len());
            login_from(&app, said, &nobody, PASSWORD).await.expect(401);
            let newest = app.rows("SELECT address FROM security_events ORDER BY id DESC LIMIT 1").await;
            assert_eq!(newest[0].try_get_by_index::<String>(0).unwrap(), believed, "{said}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_account_that_is_guessed_at_waits_and_is_never_locked() {
    on_every_database(async |database| {
        let app = started(&database, Config::default()).await;
        let ada = app.member("ada@example.org").await;
        for email in ["ada@example.org", "nobody@example.org"] {
            for number in 0..5 {
                login_from(&app, &format!("203.0.113.{number}"), email, "wrong wrong").await.expect(401);
            }
            let before = app.counter(HASHES);
            let refused = login_from(&app, "203.0.113.99", email, PASSWORD).await.expect(429);
            assert_eq!(refused.header("retry-after"), Some("1"), "known or not, {email}");
            assert_eq!(app.counter(HASHES), before);
        }
        // A device that has a session of the account need not wait for those who guess.
        let body = json!({ "email": "ada@example.org", "password": PASSWORD, "refresh_token": ada.refresh_token });
        app.web.post("/api/v1/auth/login", &body).await.expect(200);
        for _ in 0..5 {
            app.login("ada@example.org", "wrong wrong").await.expect(401);
        }
        app.hands.advance(Duration::from_secs(1));
        app.login("ada@example.org", "wrong wrong").await.expect(401);
        app.hands.advance(Duration::from_secs(1));
        app.login("ada@example.org", PASSWORD).await.expect(429);
        app.hands.advance(Duration::from_secs(1));
        app.login("ada@example.org", PASSWORD).await.expect(200);
        app.login("ada@example.org", PASSWORD).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn guesses_at_once_get_no_further_than_one_after_the_other() {
    on_every_database(async |database| {
        let app = started(&database, Config::default()).await;
        app.register("ada@example.org").await.expect(201);
        for _hour in 0..2 {
            let before = app.counter(HASHES);
            let statuses = at_once(30, |number| {
                let web = app.web.clone();
                let guess = json!({ "email": "ada@example.org", "password": format!("guess number {number}") });
                async move { web.post("/api/v1/auth/login", &guess).await.status }
            })
            .await;
            assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 5, "{statuses:?}");
            assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 25, "{statuses:?}");
            assert_eq!(app.counter(HASHES) - before, 5);
            app.hands.advance(Duration::from_hours(1));
        }
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_buys_no_more_guesses_than_an_account_has() {
    on_every_database(async |database| {
        let app = started(&database, Config::default()).await;
        let ada = app.member("ada@example.org").await;
        let login = async |password: &str, token: &str| {
            let body = json!({ "email": "ada@example.org", "password": password, "refresh_token": token });
            app.web.post("/api/v1/auth/login", &body).await
        };
        for _ in 0..5 {
            login("wrong wrong", &ada.refresh_token).await.expect(401);
        }
        let before = app.counter(HASHES);
        let refused = login("wrong wrong", &ada.refresh_token).await.expect(429);
        assert_eq!(refused.header("retry-after"), Some("1"));
        assert_eq!(app.counter(HASHES), before);
        // The account itself was not guessed at, and others of its devices do not wait.
        let other = app.signed_in(&app.login("ada@example.org", PASSWORD).await);
        // A token that was used long ago is as good as none.
        let next = app.signed_in(&app.refresh(&other.refresh_token).await);
        app.hands.advance(Duration::from_secs(6));
        for _ in 0..5 {
            app.login("ada@example.org", "wrong wrong").await.expect(401);
        }
        login(PASSWORD, &other.refresh_token).await.expect(429);
        login(PASSWORD, &next.refresh_token).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_stolen_session_does_not_guess_the_password_faster() {
    on_every_database(async |database| {
        let app = started(&database, Config::default()).await;
        let ada = app.member("ada@example.org").await;
        let change = json!({ "current_password": "wrong wrong", "new_password": "ten brown owls" });
        for expected in [422, 422, 422, 422, 422, 429] {
            send(ada.client.request(Method::PUT, "/api/v1/users/me/password").json(&change)).await.expect(expected);
        }
    })
    .await;
}

#[tokio::test]
async fn a_hash_of_other_parameters_is_made_anew_at_the_next_login() {
    on_every_database(async |database| {
        let app = started(&database, Config::default()).await;
        let ada = app.member("ada@example.org").await;
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
        let weak = weak.hash_password_with_salt(PASSWORD.as_bytes(), &[7; 16]).unwrap().to_string();
        app.execute(&format!("UPDATE users SET password_hash = '{weak}'")).await;
        app.login("ada@example.org", "wrong wrong").await.expect(401);
        let before = app.counter(HASHES);
        let logins = at_once(4, |_| {
            let web = app.web.clone();
            let login = json!({ "email": "ada@example.org", "password": PASSWORD });
            async move { web.post("/api/v1/auth/login", &login).await.status }
        })
        .await;
        assert_eq!(logins, [200; 4], "logins at once do not disturb each other");
        assert!(app.counter(HASHES) > before + 4);
        let stored = app.rows("SELECT password_hash FROM users").await;
        let stored: String = stored[0].try_get_by_index(0).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(app.is_active(&ada.access_token).await, "it is no change of password");
        let before = app.counter(HASHES);
        app.login("ada@example.org", PASSWORD).await.expect(200);
        assert_eq!(app.counter(HASHES) - before, 1);
    })
    .await;
}
