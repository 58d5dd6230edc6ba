use std::sync::Arc;
use std::time::Duration;

use test_kit::http::Answer;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use crate::support::{Gateway, Origin, before, reply};

fn all_at_once(gateway: &Gateway, clients: usize, path: &'static str) -> JoinSet<Answer> {
    let mut asking = JoinSet::new();
    for _ in 0..clients {
        let client = gateway.client.clone();
        asking.spawn(async move { client.get(path).await });
    }
    asking
}

#[tokio::test]
async fn a_hundred_gets_of_one_expired_address_are_one_upstream_call() {
    let go_on = Arc::new(Semaphore::new(1));
    let gate = Arc::clone(&go_on);
    let origin = Origin::start(move |seen| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            reply(200, &[("cache-control", "max-age=60")], seen.number.to_string())
        }
    })
    .await;
    let gateway = before(&origin).await;
    gateway.client.get("/api/v1/items").await.expect(200);
    gateway.hands.advance(Duration::from_secs(61));

    let asking = all_at_once(&gateway, 100, "/api/v1/items");
    origin.until_asked(2).await;
    // More than one is enough: were they not collapsed, they would all be answered differently.
    go_on.add_permits(100);
    let answers = asking.join_all().await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == b"2"));
    assert_eq!(origin.count(), 2);
}

#[tokio::test]
async fn what_cannot_be_stored_is_not_asked_for_one_after_the_other() {
    let together = Arc::new(tokio::sync::Barrier::new(10));
    let origin = Origin::start(move |seen| {
        let together = Arc::clone(&together);
        async move {
            if seen.number > 1 {
                // Passes only when ten are here at the same time.
                together.wait().await;
            }
            reply(200, &[("cache-control", "no-store")], "")
        }
    })
    .await;
    let gateway = before(&origin).await;
    gateway.client.get("/api/v1/items").await.expect(200);
    let answers = all_at_once(&gateway, 10, "/api/v1/items").join_all().await;
    assert!(
        answers.iter().all(|answer| answer.status == 200),
        "{:?}",
        answers.iter().map(|a| a.status).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn those_who_wait_for_an_answer_that_is_not_theirs_ask_for_themselves() {
    let go_on = Arc::new(Notify::new());
    let waiting = Arc::clone(&go_on);
    let origin = Origin::start(move |seen| {
        let waiting = Arc::clone(&waiting);
        async move {
            if seen.number == 1 {
                waiting.notified().await;
            }
            reply(200, &[("cache-control", "private")], seen.number.to_string())
        }
    })
    .await;
    let gateway = before(&origin).await;
    let asking = all_at_once(&gateway, 5, "/api/v1/items");
    origin.until_asked(1).await;
    go_on.notify_one();
    let mut bodies: Vec<_> = asking.join_all().await.into_iter().map(|answer| answer.body).collect();
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), 5, "no two got the same private answer");
}

#[tokio::test]
async fn a_failure_is_told_to_all_who_waited_for_it() {
    let go_on = Arc::new(Notify::new());
    let waiting = Arc::clone(&go_on);
    let origin = Origin::start(move |seen| {
        let waiting = Arc::clone(&waiting);
        async move {
            if seen.number == 1 {
                waiting.notified().await;
            }
            reply(500, &[], "")
        }
    })
    .await;
    let gateway = before(&origin).await;
    let asking = all_at_once(&gateway, 50, "/api/v1/items");
    origin.until_asked(1).await;
    go_on.notify_one();
    assert!(asking.join_all().await.iter().all(|answer| answer.status == 500 || answer.status == 503));
    assert!(origin.count() < 10, "{} calls for 50 clients", origin.count());
}

#[tokio::test]
async fn when_the_client_that_began_a_fetch_hangs_up_the_others_get_it() {
    let go_on = Arc::new(Notify::new());
    let waiting = Arc::clone(&go_on);
    let origin = Origin::start(move |seen| {
        let waiting = Arc::clone(&waiting);
        async move {
            waiting.notified().await;
            reply(200, &[("cache-control", "max-age=60")], seen.number.to_string())
        }
    })
    .await;
    let gateway = before(&origin).await;
    let client = gateway.client.clone();
    let first = tokio::spawn(async move { client.get("/api/v1/items").await });
    origin.until_asked(1).await;
    let others = all_at_once(&gateway, 5, "/api/v1/items");
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    go_on.notify_one();
    assert!(others.join_all().await.iter().all(|answer| answer.body == b"1"));
    assert_eq!(origin.count(), 1);
}
