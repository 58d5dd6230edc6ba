use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;
use test_kit::on_every_database;
use uuid::Uuid;

use crate::shop::{Shop, World, place};

/// Orders of each wave, all placed at once.
const ORDERS: usize = 60;

#[tokio::test]
async fn numbers_are_unique_and_increase_on_two_instances_and_over_a_restart() {
    on_every_database(async |database| {
        let world = World::new(database.url());
        let first = Shop::open(world.clone()).await;
        first.novel();
        let before = wave(&first, &first).await;
        let second = Shop::open(world.clone()).await;
        let both = wave(&first, &second).await;
        first.close().await;
        second.close().await;
        let third = Shop::open(world).await;
        let after = wave(&third, &third).await;
        third.close().await;
        assert_eq!([before.len(), both.len(), after.len()], [ORDERS; 3]);
        assert!(before.last() < both.first() && both.last() < after.first());
        assert_eq!(*after.last().unwrap(), 3 * i64::try_from(ORDERS).unwrap());
    })
    .await;
}

/// Places orders at two instances at once; their numbers.
async fn wave(one: &Shop, other: &Shop) -> BTreeSet<i64> {
    let body = json!({ "lines": [{ "item_id": crate::shop::novel(2).id }],
        "payment": { "provider": "test", "token": "approved" } });
    let placed = (0..ORDERS).map(async |order| {
        let shop = if order % 2 == 0 { one } else { other };
        let answer = place(&shop.member("ben"), &Uuid::now_v7().to_string(), &body).await.expect(202);
        answer.json()["number"].as_i64().unwrap()
    });
    join_all(placed).await.into_iter().collect()
}
