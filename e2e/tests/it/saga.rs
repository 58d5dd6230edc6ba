//! Kill -9 of the processes that an order needs: whatever dies at whatever moment, every order ends, nothing stays set aside
//! for an order that has come to nothing, and the money is where the orders say it is.

mod books;
mod bus;
mod life;
pub(crate) mod service;
mod storm;
mod town;
mod wire;

use std::time::Duration;

use serde_json::{Value, json};
use test_kit::Engine;
use tokio::task::JoinSet;
use tokio::time::timeout;

use life::{People, Way, live};
use town::{DRILL_UNITS, Part, Town};
use wire::{Trap, When};

/// How long orders may take after the last kill. A worker that has died leaves its order to others after 20 s.
const END: Duration = Duration::from_secs(60);

/// The same where other tests run beside this one.
const BESIDE_OTHERS: Duration = Duration::from_secs(180);

/// Each thing that the order service asks of others: the end of its address, of whom, and an order that comes to it.
const STEPS: [(&str, Part, Way); 9] = [
    ("/v1/reservations", Part::Inventory, Way::Used),
    ("/v1/payments", Part::Payments, Way::Used),
    ("/confirm", Part::Inventory, Way::Used),
    ("/capture", Part::Payments, Way::Used),
    ("/check-out", Part::Inventory, Way::Used),
    ("/return", Part::Inventory, Way::Used),
    ("/void", Part::Payments, Way::Used),
    ("/release", Part::Inventory, Way::Cancelled),
    ("/refund", Part::Payments, Way::Cancelled),
];

/// Who dies where.
type Point = (Trap, Part, Way);

#[tokio::test]
async fn an_order_ends_whoever_is_killed_at_a_step_of_it_on_sqlite() {
    kill_at(Engine::Sqlite, some(0), BESIDE_OTHERS).await;
}

#[tokio::test]
async fn an_order_ends_whoever_is_killed_at_a_step_of_it_on_postgresql() {
    kill_at(Engine::Postgres, some(1), BESIDE_OTHERS).await;
}

mod soak {
    use test_kit::Engine;

    use super::{END, all, kill_at};

    #[tokio::test]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn an_order_ends_whoever_is_killed_before_or_after_every_step_on_sqlite() {
        kill_at(Engine::Sqlite, all(), END).await;
    }

    #[tokio::test]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn an_order_ends_whoever_is_killed_before_or_after_every_step_on_postgresql() {
        kill_at(Engine::Postgres, all(), END).await;
    }
}

/// Who asks and who is asked, each before and after every step.
fn all() -> Vec<Point> {
    let points = STEPS.iter().flat_map(|&(path, asked, way)| {
        let whens = [When::Before, When::After].into_iter();
        whens.flat_map(move |when| [Part::Orders, asked].map(|part| (Trap { path, when }, part, way)))
    });
    points.collect()
}

/// One of the four for every step, another for each `shift`.
fn some(shift: usize) -> Vec<Point> {
    let points = all();
    points.chunks(4).enumerate().map(|(step, four)| four[(step + 2 * shift) % 4]).collect()
}

/// Lets one order after another come to its point, kills there, and goes on with the next while it recovers, if there is a
/// drill for it: the drills are out from the hand-over on, which is today.
async fn kill_at(engine: Engine, points: Vec<Point>, patience: Duration) {
    let mut town = Town::open(engine, 7, None).await;
    let people = people(&town, "borrower").await;
    let days = town.days().await;
    let mut lives = JoinSet::new();
    let mut orders = Vec::new();
    for (number, &(trap, part, way)) in points.iter().enumerate() {
        if lives.len() == DRILL_UNITS {
            let ended = timeout(patience, lives.join_next()).await.expect("an order to end");
            orders.extend(ended.map(Result::unwrap));
        }
        let first = 1 + 2 * (number % 12);
        let order = json!({
            "lines": [lent(&town.drill, &days[first], &days[first + 1]), { "item_id": town.novel }],
            "payment": pays("tok_approved"),
        });
        town.faults.set(trap);
        lives.spawn(live(people.clone(), order, way));
        let stopped = timeout(patience, town.faults.sprung()).await;
        assert!(stopped.is_ok(), "nobody has asked for {trap:?}");
        town.crash(part).await;
        eprintln!("killed {part:?} {:?} {}", trap.when, trap.path);
    }
    orders.extend(timeout(patience, lives.join_all()).await.expect("every order to end"));
    let expected = points.iter().filter(|(.., way)| *way == Way::Used).count();
    assert_eq!(orders.iter().filter(|order| order["state"] == "closed").count(), expected, "{orders:?}");
    assert_eq!(books::differences(&town, &orders).await, Vec::<String>::new());
}

async fn people(town: &Town, borrower: &str) -> People {
    let borrower = town.member(borrower).await.client;
    People { borrower, owner: town.owner.client.clone(), admin: town.admin.client.clone() }
}

fn lent(item: &str, from: &str, to: &str) -> Value {
    let morning = |day: &str| format!("{day}T08:00:00Z");
    json!({ "item_id": item, "period": { "start": morning(from), "end": morning(to) } })
}

fn pays(token: &str) -> Value {
    json!({ "provider": "test", "token": token })
}
