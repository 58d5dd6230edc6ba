use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use test_kit::http::Answer;
use test_kit::{Engine, on_every_database};
use tokio::time::sleep;
use uuid::Uuid;

use crate::shop::{Shop, World, place};

#[tokio::test]
async fn numbers_are_unique_and_increase_on_two_instances_and_over_a_restart() {
    three_waves(60, 0).await;
}

mod soak {
    #[tokio::test]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn numbers_of_a_thousand_orders_at_once_are_unique_and_increase() {
        super::three_waves(1_000, 60).await;
    }
}

/// Places `orders` at once at one instance, at two, and after both were started anew. Each may be told so often to come back.
async fn three_waves(orders: usize, patience: usize) {
    on_every_database(async |database| {
        let engine = database.engine();
        let world = World::new(database.url());
        let first = Shop::open(world.clone()).await;
        first.novel();
        let before = wave(&first, &first, orders, patience).await;
        let second = Shop::open(world.clone()).await;
        let both = wave(&first, &second, orders, patience).await;
        first.close().await;
        second.close().await;
        let third = Shop::open(world).await;
        let after = wave(&third, &third, orders, patience).await;
        third.close().await;
        assert_eq!([before.len(), both.len(), after.len()], [orders; 3]);
        assert!(before.last() < both.first() && both.last() < after.first());
        if engine == Engine::Sqlite {
            assert_eq!(*after.last().unwrap(), 3 * i64::try_from(orders).unwrap(), "a row leaves no gaps");
        }
    })
    .await;
}

/// Places orders at two instances at once; their numbers.
async fn wave(one: &Shop, other: &Shop, orders: usize, patience: usize) -> BTreeSet<i64> {
    let body = json!({ "lines": [{ "item_id": crate::shop::novel(2).id }],
        "payment": { "provider": "test", "token": "approved" } });
    let placed = (0..orders).map(async |order| {
        let shop = if order % 2 == 0 { one } else { other };
        placed(shop, &body, patience).await.json()["number"].as_i64().unwrap()
    });
    join_all(placed).await.into_iter().collect()
}

/// Places an order; when the service has too much to do, again when it says so, by the same key.
async fn placed(shop: &Shop, body: &Value, mut patience: usize) -> Answer {
    let key = Uuid::now_v7().to_string();
    loop {
        let answer = place(&shop.member("ben"), &key, body).await;
        if answer.status != 503 || patience == 0 {
            return answer.expect(202);
        }
        patience -= 1;
        let seconds = answer.header("retry-after").unwrap().parse().unwrap();
        sleep(Duration::from_secs(seconds)).await;
    }
}
