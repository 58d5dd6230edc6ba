//! The service is ended where it stands, before and after each thing that it asks of others, and goes on from its database.

use std::sync::Arc;
use std::time::Duration;

use inventory_api::ReservationClient;
use payment_api::PaymentClient;
use serde_json::json;
use test_kit::{Engine, TestDatabase};

use crate::faulty::{Trap, Trapped, When};
use crate::shop::{Shop, World, line, pays};

/// How an order of a drill and a novel goes on once it is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It is handed over and brought back.
    Used,
    /// It is given up.
    Cancelled,
}

fn trapped(world: &World, trap: &Arc<Trap>) -> World {
    let inventory: Arc<dyn ReservationClient> = world.shelves.clone();
    let payments: Arc<dyn PaymentClient> = world.book.clone();
    World {
        inventory: Arc::new(Trapped { inner: inventory, trap: trap.clone() }),
        payments: Arc::new(Trapped { inner: payments, trap: trap.clone() }),
        ..world.clone()
    }
}

/// Goes all the way with a shop that ends at the trap and is opened again; how many calls there were until the end or the
/// trap.
async fn go(engine: Engine, way: Way, at: usize, when: When) -> usize {
    let database = TestDatabase::on(engine).await;
    let world = World::new(database.url());
    let trap = Trap::new(at, when);
    let shop = Shop::open(trapped(&world, &trap)).await;
    let body = json!({ "lines": [line(shop.drill()), { "item_id": shop.novel() }], "payment": pays("approved") });
    let order = shop.place("ben", &body).await;
    let journey = async {
        finish(&shop, way, &order).await;
    };
    let crashed = tokio::select! {
        () = journey => false,
        () = trap.sprung() => true,
    };
    if !crashed {
        shop.close().await;
        return trap.calls();
    }
    let world = World { inventory: world.shelves.clone(), payments: world.book.clone(), ..shop.crash().await };
    // The lease of the dead worker runs out.
    world.pass(Duration::from_secs(21));
    let shop = Shop::open(world).await;
    finish(&shop, way, &order).await;
    shop.close().await;
    trap.calls()
}

/// Does what has still to be done by people, and looks at what is left in the end.
async fn finish(shop: &Shop, way: Way, order: &str) {
    let admin = shop.admin();
    let state = async || admin.get(order).await.expect(200).json()["state"].as_str().unwrap().to_owned();
    if ["pending", "reserved", "authorised"].contains(&&*state().await) {
        shop.settled(order, "confirmed").await;
    }
    if way == Way::Cancelled {
        if state().await == "confirmed" {
            shop.settled(order, "confirmed").await;
            shop.act("ben", order, "cancel", &json!({})).await.expect(200);
        }
        shop.settled(order, "cancelled").await;
        return shop.nothing_is_left_over().await;
    }
    if state().await == "confirmed" {
        shop.settled(order, "confirmed").await;
        shop.act("ada", order, "hand-over", &json!({})).await.expect(200);
    }
    let is_out = admin.get(order).await.expect(200).json()["lines"][0]["progress"] == "handed_over";
    if state().await == "active" && is_out {
        shop.settled(order, "active").await;
        shop.act("ada", order, "return", &json!({})).await.expect(200);
    }
    shop.settled(order, "closed").await;
    let payments = shop.world.book.payments();
    assert_eq!(payments.len(), 1);
    assert_eq!((payments[0].held.amount_minor, payments[0].captured.amount_minor), (0, 2_250));
    assert_eq!(shop.free(crate::shop::novel(2).id, None).await, 2);
    assert_eq!(shop.free(crate::shop::drill(1).id, Some(crate::shop::period())).await, 2);
}

async fn everywhere(engine: Engine) {
    for way in [Way::Used, Way::Cancelled] {
        let calls = go(engine, way, usize::MAX, When::Before).await;
        assert!(calls >= 9, "{way:?} asks {calls} times");
        for at in 1..=calls {
            for when in [When::Before, When::After] {
                eprintln!("{engine} {way:?}: ends at call {at}, {when:?}");
                go(engine, way, at, when).await;
            }
        }
    }
}

#[tokio::test]
async fn an_order_goes_on_wherever_the_service_ends_on_sqlite() {
    everywhere(Engine::Sqlite).await;
}

#[tokio::test]
async fn an_order_goes_on_wherever_the_service_ends_on_postgresql() {
    everywhere(Engine::Postgres).await;
}
