use service_kit::clock::Clock;
use test_kit::http::Answer;
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
                    let login = serde_json::json!({ "email": "ada@example.org", "password": PASSWORD });
                    return web.post("/api/v1/auth/login", &login).await;
                }
                token.get("/api/v1/users/me").await.expect(200)
            }
        })
        .await;
        let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
        for answer in &refused {
            assert_eq!((answer.status, answer.problem().as_str()), (429, "too_many_requests"));
            assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
        }
        // Of one account no more than five may be under way, two more than there is room for.
        let of_account = |answer: &&Answer| answer.header("ratelimit").unwrap().starts_with("\"account\"");
        let (of_account, for_want_of_room): (Vec<_>, Vec<_>) = refused.iter().copied().partition(of_account);
        assert!(!for_want_of_room.is_empty(), "{} of the account", of_account.len());
        for answer in &for_want_of_room {
            assert_eq!(answer.header("ratelimit"), Some("\"passwords\";r=0;t=2"));
            assert_eq!(answer.header("ratelimit-policy"), Some("\"passwords\";q=3;qu=\"concurrent-requests\""));
        }
        let hashed = 25 - u64::try_from(refused.len()).unwrap();
        assert_eq!(app.counter("lendery_users_password_hashes_total") - hashes, hashed);
        let turned_away = u64::try_from(for_want_of_room.len()).unwrap();
        assert_eq!(app.counter("lendery_users_password_hashes_refused_total"), turned_away);
        app.login("ada@example.org", PASSWORD).await.expect(200);
    })
    .await;
}
