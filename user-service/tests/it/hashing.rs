use service_kit::clock::Clock;
use test_kit::on_every_database;
use user_service::Config;

use crate::app::{PASSWORD, TestApp, at_once, start};

#[tokio::test]
async fn a_flood_of_logins_is_turned_away_and_leaves_the_rest_alone() {
    on_every_database(async |database| {
        let (clock, hands) = Clock::manual(start());
        let config = Config { hashing_parallelism: 1, hashing_queue: 2, ..Config::default() };
        let app = TestApp::start_with(&database, clock, hands, config).await;
        let ada = app.member("ada@example.org").await;
        let hashes = app.counter("lendery_users_password_hashes_total");
        let answers = at_once(50, |number| {
            let (web, token) = (app.web.clone(), ada.client.clone());
            async move {
                if number % 2 == 0 {
                    // Each another account, so that nobody is refused for trying too often; the same hash for none.
                    let email = format!("nobody{number}@example.org");
                    let login = serde_json::json!({ "email": email, "password": PASSWORD });
                    return web.post("/api/v1/auth/login", &login).await;
                }
                token.get("/api/v1/users/me").await.expect(200)
            }
        })
        .await;
        let refused: Vec<_> = answers.iter().filter(|answer| ![200, 401].contains(&answer.status)).collect();
        assert!(!refused.is_empty());
        for answer in &refused {
            assert_eq!((answer.status, answer.problem().as_str()), (429, "too_many_requests"));
            assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
            assert_eq!(answer.header("ratelimit"), Some("\"passwords\";r=0;t=2"));
            assert_eq!(answer.header("ratelimit-policy"), Some("\"passwords\";q=3;qu=\"concurrent-requests\""));
        }
        let turned_away = u64::try_from(refused.len()).unwrap();
        assert_eq!(app.counter("lendery_users_password_hashes_total") - hashes, 25 - turned_away);
        assert_eq!(app.counter("lendery_users_password_hashes_refused_total"), turned_away);
        app.login("ada@example.org", PASSWORD).await.expect(200);
    })
    .await;
}
