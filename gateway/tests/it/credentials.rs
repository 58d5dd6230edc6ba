use reqwest::Method;
use test_kit::http::send;

use crate::support::{Origin, before, reply};

/// A careless service: it says that everything may be stored, and answers with whoever asks.
async fn careless() -> Origin {
    Origin::start(|seen| async move {
        let who = seen.header("authorization").or(seen.header("cookie")).unwrap_or("nobody").to_owned();
        reply(200, &[("cache-control", "public, max-age=600"), ("cache-groups", "\"items\"")], who)
    })
    .await
}

#[tokio::test]
async fn two_people_never_see_each_others_answer_nor_does_anybody_else() {
    let origin = careless().await;
    let gateway = before(&origin).await;
    let (anna, ben) = (gateway.client.with_token("anna"), gateway.client.with_token("ben"));
    for round in 0..50 {
        assert_eq!(anna.get("/api/v1/items").await.expect(200).body, b"Bearer anna", "round {round}");
        assert_eq!(ben.get("/api/v1/items").await.expect(200).body, b"Bearer ben", "round {round}");
        assert_eq!(gateway.client.get("/api/v1/items").await.expect(200).body, b"nobody", "round {round}");
    }
    assert_eq!(origin.count(), 101, "each of their own reads, and one of everybody's");
}

#[tokio::test]
async fn at_the_same_time_they_do_not_wait_for_each_others_answer_either() {
    let origin = careless().await;
    let gateway = before(&origin).await;
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..60 {
        let client = gateway.client.with_token(format!("t{}", number % 3));
        asking.spawn(async move { (number % 3, client.get("/api/v1/items").await) });
    }
    for (number, answer) in asking.join_all().await {
        assert_eq!(answer.body, format!("Bearer t{number}").as_bytes());
    }
}

#[tokio::test]
async fn a_session_cookie_is_a_credential_and_another_cookie_is_not() {
    let origin = careless().await;
    let gateway = before(&origin).await;
    let with_cookie =
        |cookie: &str| send(gateway.client.request(Method::GET, "/api/v1/items").header("cookie", cookie));
    assert_eq!(with_cookie("session=anna").await.body, b"session=anna");
    assert_eq!(gateway.client.get("/api/v1/items").await.body, b"nobody");
    assert_eq!(with_cookie("session=ben").await.body, b"session=ben");
    assert_eq!(with_cookie("theme=dark").await.body, b"nobody");
    assert_eq!(with_cookie("theme=dark; session=anna").await.body, b"theme=dark; session=anna");
}
