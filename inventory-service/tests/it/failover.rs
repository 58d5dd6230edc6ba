//! A primary that ends while things are written, and answers to COMMIT that are lost on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Method;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use serde_json::{Value, json};
use test_kit::http::{Answer, Client, send};
use test_kit::postgres::{End, Pair};
use test_kit::{Engine, TestDatabase, wait_until};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::inventory::{Inventory, text};
use crate::wire::{Lost, Wire};

const CLIENTS: usize = 4;

/// Far more than it takes: only the soak has a limit.
const DEADLINE: Duration = Duration::from_secs(60);

/// How long a client waits before it asks again; less than `Retry-After` says, for more refusals.
const PAUSE: Duration = Duration::from_millis(20);

/// Members who offer one thing after another, each with a key, until they are told to stop.
struct Load {
    clients: JoinSet<Vec<String>>,
    acknowledged: Arc<AtomicUsize>,
    over: CancellationToken,
}

impl Load {
    fn begin(inventory: &Inventory, category: &str) -> Self {
        let (acknowledged, over) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let client = inventory.member(&format!("member-{number}")).client;
            let (category, over, acknowledged) = (category.to_owned(), over.clone(), Arc::clone(&acknowledged));
            clients.spawn(async move {
                let mut names = Vec::new();
                while !over.is_cancelled() {
                    let name = format!("Saw {number}-{}", names.len());
                    until_known(&client, &name, &json!({ "name": name, "category": category })).await;
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                    names.push(name);
                }
                names
            });
        }
        Self { clients, acknowledged, over }
    }

    async fn goes_on(&self) {
        let before = self.acknowledged.load(Ordering::Relaxed);
        wait_until("more things", DEADLINE, async || self.acknowledged.load(Ordering::Relaxed) > before + CLIENTS)
            .await;
    }

    /// Everything that was acknowledged.
    async fn end(self) -> Vec<String> {
        self.over.cancel();
        self.clients.join_all().await.concat()
    }
}

async fn offer(client: &Client, key: &str, item: &Value) -> Answer {
    let request = client.request(Method::POST, "/api/v1/items").header("idempotency-key", key.replace(' ', "-"));
    send(request.json(item)).await
}

/// Offers a thing with one key until it is known that it is there. Every other answer says when to ask again.
async fn until_known(client: &Client, key: &str, item: &Value) -> Answer {
    loop {
        let answer = offer(client, key, item).await;
        match answer.status {
            201 => return answer,
            503 => assert!(answer.header("retry-after").is_some()),
            409 => assert_eq!(answer.problem(), "request_in_flight"),
            _ => panic!("{answer:?}"),
        }
        sleep(PAUSE).await;
    }
}

async fn names(db: &DatabaseConnection) -> Vec<String> {
    let statement = Statement::from_string(db.get_database_backend(), "SELECT name FROM items ORDER BY name");
    let rows = db.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// Every thing that was acknowledged is there once, and each of its events is numbered by the relay, which goes on by itself.
async fn nothing_is_missing_or_twice(pair: &Pair, mut acknowledged: Vec<String>) {
    let db = Database::connect(pair.primary_url()).await.unwrap();
    acknowledged.sort();
    assert_eq!(names(&db).await, acknowledged);
    let waiting = "SELECT count(*) FROM outbox WHERE sequence IS NULL";
    wait_until("the relay", DEADLINE, async || {
        let statement = Statement::from_string(db.get_database_backend(), waiting);
        let row = db.query_one_raw(statement).await.unwrap().unwrap();
        row.try_get_by_index::<i64>(0).unwrap() == 0
    })
    .await;
}

#[tokio::test]
async fn a_promotion_under_load_loses_nothing_that_was_acknowledged() {
    let mut pair = Pair::start().await;
    let inventory = Inventory::start(&pair.url()).await;
    let category = inventory.category("Tools").await;
    let load = Load::begin(&inventory, &category);
    load.goes_on().await;
    let _old = pair.fail_over(End::Crash).await;
    load.goes_on().await;
    let acknowledged = load.end().await;
    nothing_is_missing_or_twice(&pair, acknowledged).await;
    inventory.stop().await;
}

#[tokio::test]
async fn a_demoted_primary_that_goes_on_is_left_without_an_error_of_ours() {
    let mut pair = Pair::start().await;
    let inventory = Inventory::start(&pair.url()).await;
    let category = inventory.category("Tools").await;
    let load = Load::begin(&inventory, &category);
    load.goes_on().await;
    pair.demote().await;
    let _old = pair.promote().await;
    load.goes_on().await;
    let acknowledged = load.end().await;
    nothing_is_missing_or_twice(&pair, acknowledged).await;
    inventory.stop().await;
}

#[tokio::test]
async fn a_lost_answer_to_commit_is_resolved_by_repeating_the_request() {
    let database = TestDatabase::on(Engine::Postgres).await;
    let wire = Wire::to(database.url()).await;
    let inventory = Inventory::start(wire.url()).await;
    let category = inventory.category("Tools").await;
    let ada = inventory.member("ada").client;
    for lost in [Lost::Commit, Lost::Answer] {
        let mut offered = 0;
        let (key, item, refusal) = loop {
            offered += 1;
            assert!(offered < 100, "the commit of a request is never the one that is lost");
            let key = format!("{lost:?}-{offered}");
            let item = json!({ "name": key, "category": category });
            wire.lose(lost);
            let answer = offer(&ada, &key, &item).await;
            // It may have been the commit of some work in the background.
            if answer.status != 201 {
                break (key, item, answer.expect(503));
            }
        };
        assert!(refusal.header("retry-after").is_some());
        let detail = text(&refusal.json()["detail"]);
        assert!(detail.contains("not known") && detail.contains("Idempotency-Key"), "{detail}");
        let resolved = until_known(&ada, &key, &item).await;
        let is_replay = resolved.header("idempotent-replayed") == Some("true");
        assert_eq!(is_replay, lost == Lost::Answer, "{lost:?}");
        let db = Database::connect(database.url()).await.unwrap();
        assert_eq!(names(&db).await.iter().filter(|name| **name == key).count(), 1, "{lost:?}");
    }
    inventory.stop().await;
}

mod soak {
    use tokio::time::Instant;

    use super::*;

    const PROMOTIONS: usize = 10;

    /// From the end of the primary, so that the promotion itself counts, too.
    const WRITES_ARE_BACK: Duration = Duration::from_secs(10);

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn ten_promotions_under_load_lose_nothing_and_writes_are_back_in_ten_seconds() {
        let mut pair = Pair::start().await;
        let inventory = Inventory::start(&pair.url()).await;
        let category = inventory.category("Tools").await;
        let load = Load::begin(&inventory, &category);
        let probe = inventory.member("probe").client;
        let mut probed = Vec::new();
        for promotion in 0..PROMOTIONS {
            load.goes_on().await;
            let end = if promotion % 2 == 0 { End::Crash } else { End::Freeze };
            let ended = Instant::now();
            let old = pair.fail_over(end).await;
            let name = format!("Probe {promotion}");
            until_known(&probe, &name, &json!({ "name": name, "category": category })).await;
            let back = ended.elapsed();
            println!("promotion {promotion} after a {end:?}: writes are back after {} ms", back.as_millis());
            assert!(back <= WRITES_ARE_BACK, "promotion {promotion} after a {end:?}: {back:?}");
            probed.push(name);
            pair.rebuild(old).await;
        }
        load.goes_on().await;
        let mut acknowledged = load.end().await;
        println!("{} writes acknowledged in {PROMOTIONS} promotions, none lost", acknowledged.len());
        acknowledged.extend(probed);
        nothing_is_missing_or_twice(&pair, acknowledged).await;
        inventory.stop().await;
    }
}
