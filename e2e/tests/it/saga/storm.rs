//! Many orders while answers are lost, the bank tells late, early and twice, and processes die at any moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use test_kit::{Engine, wait_until};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::life::{Way, live};
use super::town::{Part, Town};
use super::{BESIDE_OTHERS, END, books, lent, pays, people};

/// Answers of a hundred that do not arrive.
const LOST_PERCENT: u32 = 20;

/// How the bank behaves: of twenty, four lose their first answers, two are told of twice, one early and one late.
const TOKENS: [(&str, usize); 6] = [
    ("tok_approved", 11),
    ("tok_lost", 4),
    ("tok_duplicate", 2),
    ("tok_early", 1),
    ("tok_late", 1),
    ("tok_declined", 1),
];

/// How much of it there is.
struct Size {
    orders: usize,
    /// How many are under way at the same time.
    together: usize,
    kills: usize,
}

#[tokio::test]
async fn whatever_dies_and_whatever_is_lost_the_books_agree_on_sqlite() {
    storm(Engine::Sqlite, Size { orders: 48, together: 12, kills: 3 }, BESIDE_OTHERS).await;
}

#[tokio::test]
async fn whatever_dies_and_whatever_is_lost_the_books_agree_on_postgresql() {
    storm(Engine::Postgres, Size { orders: 24, together: 8, kills: 3 }, BESIDE_OTHERS).await;
}

mod soak {
    use test_kit::Engine;

    use super::{END, Size, storm};

    #[tokio::test]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn of_ten_thousand_orders_each_ends_and_the_books_agree_on_sqlite() {
        storm(Engine::Sqlite, Size { orders: 10_000, together: 64, kills: 30 }, END).await;
    }

    #[tokio::test]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn of_two_thousand_orders_each_ends_and_the_books_agree_on_postgresql() {
        storm(Engine::Postgres, Size { orders: 2_000, together: 32, kills: 15 }, END).await;
    }
}

async fn storm(engine: Engine, size: Size, patience: Duration) {
    let mut town = Town::open(engine, 11, None).await;
    let days = town.days().await;
    let begun = Arc::new(AtomicUsize::new(0));
    town.faults.lose(LOST_PERCENT);
    let mut workers = JoinSet::new();
    for worker in 0..size.together {
        let people = people(&town, &format!("borrower-{worker}")).await;
        let (begun, days) = (begun.clone(), days.clone());
        let (drill, novel) = (town.drill.clone(), town.novel.clone());
        workers.spawn(async move {
            let mut orders = Vec::new();
            loop {
                let number = begun.fetch_add(1, Ordering::SeqCst);
                if number >= size.orders {
                    return orders;
                }
                let mut dice = StdRng::seed_from_u64(u64::try_from(number).unwrap());
                let (order, way) = draw(&mut dice, &days, (drill.as_str(), novel.as_str()));
                orders.push(live(people.clone(), order, way).await);
            }
        });
    }
    let mut dice = StdRng::seed_from_u64(13);
    for kill in 0..size.kills {
        // Somewhere in its part of the orders.
        let part = size.orders / size.kills;
        let moment = kill * part + dice.random_range(0..part);
        wait_until(&format!("{moment} orders"), patience * 10, async || begun.load(Ordering::SeqCst) > moment).await;
        let part = Part::ALL[dice.random_range(0..Part::ALL.len())];
        town.crash(part).await;
        eprintln!("killed {part:?} after {moment} orders");
    }
    wait_until("the last order", patience * 10, async || begun.load(Ordering::SeqCst) >= size.orders).await;
    let orders = timeout(patience, workers.join_all()).await.expect("every order to end").concat();
    assert_eq!(orders.len(), size.orders);
    eprintln!("{} answers were lost", town.faults.lost());
    assert!(town.faults.lost() > 0);
    assert_eq!(books::differences(&town, &orders).await, Vec::<String>::new());
    let has_cost = orders.iter().position(|order| ["closed", "confirmed"].contains(&order["state"].as_str().unwrap()));
    let mut without = orders.clone();
    without.remove(has_cost.expect("an order that cost something"));
    assert!(!books::differences(&town, &without).await.is_empty(), "an order that is missed is noticed");
}

/// What somebody orders, and what comes of it.
fn draw(dice: &mut StdRng, days: &[String], (drill, novel): (&str, &str)) -> (Value, Way) {
    let first = dice.random_range(1..20);
    let lent = lent(drill, &days[first], &days[first + dice.random_range(1..=3)]);
    let sold = json!({ "item_id": novel });
    let lines = match dice.random_range(0..10) {
        0..5 => vec![sold],
        5..8 => vec![lent],
        _ => vec![lent, sold],
    };
    let all = TOKENS.iter().flat_map(|&(token, times)| std::iter::repeat_n(token, times)).collect::<Vec<_>>();
    let token = all[dice.random_range(0..all.len())];
    let way = [Way::Kept, Way::Used, Way::Used, Way::Cancelled][dice.random_range(0..4)];
    (json!({ "lines": lines, "payment": pays(token) }), way)
}
