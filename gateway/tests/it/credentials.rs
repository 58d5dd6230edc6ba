use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use reqwest::Method;
use test_kit::http::send;
use test_kit::redis_cluster::RedisCluster;

use crate::shared::read;
use crate::support::{Origin, before, before_both, reply, sharing};

/// A careless service: it says that everything may be stored, and answers with whoever asks.
async fn careless() -> Origin {
    Origin::start(|seen| async move {
        let who = seen.header("authorization").or(seen.header("cookie")).unwrap_or("nobody").to_owned();
        reply(200, &[("cache-control", "public, max-age=600"), ("cache-groups", "\"items\"")], who)
    })
    .await
}

/// A service with something for everybody and something for each member, which counts what each has written.
async fn personal() -> Origin {
    let written: Arc<Mutex<HashMap<String, u32>>> = Arc::default();
    Origin::start(move |seen| {
        let written = Arc::clone(&written);
        async move {
            let who = seen.header("authorization").unwrap_or("nobody").to_owned();
            let mut written = written.lock().unwrap();
            if seen.method != Method::GET {
                *written.entry(who).or_default() += 1;
                return reply(200, &[("cache-group-invalidation", "\"items\"")], "");
            }
            let count = written.get(&who).copied().unwrap_or_default();
            reply(
                200,
                &[("cache-control", "public, max-age=600"), ("cache-groups", "\"items\"")],
                format!("{who} {count}"),
            )
        }
    })
    .await
}

#[tokio::test]
async fn two_members_who_read_and_write_see_their_own_and_nobody_elses() {
    read_and_write(1_000).await;
}

mod soak {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn of_100000_gets_of_two_members_among_writes_none_is_anothers() {
        super::read_and_write(100_000).await;
    }
}

/// Two members and a visitor at the same time, through two gateways that share what they store.
async fn read_and_write(gets: usize) {
    let redis = RedisCluster::start();
    let origin = personal().await;
    let config = before_both(&origin, &origin);
    let gateways = [sharing(config.clone(), &redis, 1).await, sharing(config, &redis, 2).await];
    let mut asking = tokio::task::JoinSet::new();
    for name in ["anna", "ben", "nobody"] {
        let clients = gateways.each_ref().map(|gateway| match name {
            "nobody" => gateway.client.clone(),
            name => gateway.client.with_token(name),
        });
        asking.spawn(async move {
            let who = if name == "nobody" { name.to_owned() } else { format!("Bearer {name}") };
            let mut written = 0;
            for number in 0..gets / 3 {
                let client = &clients[number % 2];
                let seen = read(client, "/api/v1/items").await.expect(200).body;
                let own = format!("{who} {written}");
                assert_eq!(String::from_utf8_lossy(&seen), own, "after {number} reads");
                if number % 10 == 0 && name != "nobody" {
                    client.post("/api/v1/items", &serde_json::json!({})).await.expect(200);
                    written += 1;
                }
            }
        });
    }
    asking.join_all().await;
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
