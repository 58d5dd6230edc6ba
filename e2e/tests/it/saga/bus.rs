//! NATS goes away in mid-traffic, and comes back with nothing in it.

use std::time::Duration;

use serde_json::{Value, json};
use test_kit::nats::Server;
use test_kit::{Engine, TestDatabase, wait_until};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::life::{People, Way, live};
use super::service::Service;
use super::town::{NOVELS, Town};
use super::{BESIDE_OTHERS, books, pays, people};

/// How soon after the bus has returned everybody knows everything.
const RETURN: Duration = Duration::from_secs(60);

/// Orders of each part of the traffic.
const WAVE: i64 = 5;

#[tokio::test]
async fn orders_go_on_without_the_bus_and_all_is_known_again_after_its_store_is_wiped() {
    let mut nats = Server::start().await;
    let mut town = Town::open(Engine::Postgres, 17, Some(nats.url())).await;
    let gateway = town.gateway(nats.url()).await;
    let people = people(&town, "borrower").await;
    assert_eq!(stock(&gateway, &town).await, NOVELS);
    wave(&town, &people).await;
    wait_until("the gateway to know of the first", RETURN, async || stock(&gateway, &town).await == NOVELS - WAVE)
        .await;

    nats.kill();
    wave(&town, &people).await;
    wait_until("the gateway to know without a bus", RETURN, async || stock(&gateway, &town).await == NOVELS - 2 * WAVE)
        .await;

    // Orders are under way while it comes back.
    let more = buy(&town, &people);
    nats.wipe();
    nats.resume().await;
    all_confirmed(more).await;
    wait_until("the gateway to know of all", RETURN, async || stock(&gateway, &town).await == NOVELS - 3 * WAVE).await;
    for database in [&town.databases.inventory, &town.databases.orders, &town.databases.payments] {
        wait_until("the bus to be told everything", RETURN, async || untold(database).await == 0).await;
    }
}

/// What anybody is told who asks the gateway, from its memory if it has it there.
async fn stock(gateway: &Service, town: &Town) -> i64 {
    let item = gateway.client.get(&format!("/api/v1/items/{}", town.novel)).await.expect(200).json();
    item["stock"].as_i64().unwrap()
}

async fn wave(town: &Town, people: &People) {
    all_confirmed(buy(town, people)).await;
}

/// Some orders, under way.
fn buy(town: &Town, people: &People) -> JoinSet<Value> {
    let order = json!({ "lines": [{ "item_id": town.novel }], "payment": pays("tok_approved") });
    (0..WAVE).map(|_| live(people.clone(), order.clone(), Way::Kept)).collect()
}

async fn all_confirmed(orders: JoinSet<Value>) {
    let orders = timeout(BESIDE_OTHERS, orders.join_all()).await.expect("orders go on");
    assert!(orders.iter().all(|order| order["state"] == "confirmed"), "{orders:?}");
}

/// How many events of a service the bus was not told.
async fn untold(database: &TestDatabase) -> i64 {
    let sql = "SELECT (SELECT count(*) FROM outbox WHERE sequence IS NULL OR sequence > published) FROM outbox_head";
    books::rows(database, sql).await[0].try_get_by_index(0).unwrap()
}
