//! Every change between two runs is in the warehouse, not only the last one.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use test_kit::{Engine, TestDatabase, on_every_database};

use crate::source::at;
use crate::support::{House, Random};

/// An item is known by the millions of its price, for the warehouse does not tell its id.
const OWN: i64 = 1_000_000;

/// What an item was from a second on: its price, its status and its category.
type State = (i64, &'static str, &'static str, u32);

/// What happened in the source, as one who saw everything would tell it.
#[derive(Default)]
struct Replay {
    random: Random,
    second: u32,
    items: BTreeMap<u128, Vec<State>>,
    gone: Vec<u128>,
}

impl Replay {
    fn living(&mut self) -> Option<u128> {
        let living: Vec<_> = self.items.keys().filter(|item| !self.gone.contains(item)).copied().collect();
        let count = u64::try_from(living.len()).unwrap();
        (count > 0).then(|| living[usize::try_from(self.random.below(count)).unwrap()])
    }

    async fn step(&mut self, house: &House) {
        self.second += 1;
        let second = self.second;
        let (what, living) = (self.random.below(12), self.living());
        let Some(item) = living.filter(|_| what > 2) else {
            let item = u128::try_from(self.items.len()).unwrap() + 1;
            let price = i64::try_from(item).unwrap() * OWN;
            house.sources.add_item_at(item, 1, 10, price, second).await;
            self.items.insert(item, vec![(price, "listed", "tools", second)]);
            return;
        };
        let (price, status, category, _) = *self.items[&item].last().unwrap();
        let id = house.sources.id(item);
        let new = match what {
            3 => {
                house.sources.run(&format!("DELETE FROM items WHERE id = {id}")).await;
                self.gone.push(item);
                return;
            }
            4 => {
                let undone = format!("BEGIN; UPDATE items SET daily_price_minor = 1 WHERE id = {id}; ROLLBACK");
                return house.sources.run(&undone).await;
            }
            5 => {
                let half = format!(
                    "BEGIN; UPDATE items SET status = 'paused', version = version + 1, updated_at = '{}' WHERE id = {id};
                     SAVEPOINT half; DELETE FROM items; ROLLBACK TO half; COMMIT",
                    at(second)
                );
                house.sources.run(&half).await;
                (price, "paused", category, second)
            }
            6 => {
                house.sources.set_item(item, "description = 'nobody wants to know'", second).await;
                (price, status, category, second)
            }
            7 => {
                house.sources.set_item(item, "status = 'listed'", second).await;
                (price, "listed", category, second)
            }
            // There and back between two runs as well.
            8 | 9 => {
                let (other, id) = if category == "tools" { ("games", 11) } else { ("tools", 10) };
                let set = format!("category_id = {}", house.sources.id(id));
                house.sources.set_item(item, &set, second).await;
                (price, status, other, second)
            }
            _ => {
                let price = price / OWN * OWN + i64::from(second);
                house.sources.set_item(item, &format!("daily_price_minor = {price}"), second).await;
                (price, status, category, second)
            }
        };
        if (new.0, new.1, new.2) != (price, status, category) {
            self.items.get_mut(&item).unwrap().push(new);
        }
    }

    fn told(&self) -> Vec<Vec<Value>> {
        let mut rows = Vec::new();
        for (item, states) in &self.items {
            for (index, (price, status, category, from)) in states.iter().enumerate() {
                let last = index + 1 == states.len();
                let ended = !last || self.gone.contains(item);
                let next = states.get(index + 1).map_or(Value::Null, |next| json!(day(next.3)));
                let from = json!(day(*from));
                rows.push(vec![json!(price), json!(status), json!(category), from, next, json!(!ended)]);
            }
        }
        rows
    }
}

/// A second as the warehouse's answers write it.
pub(crate) fn day(second: u32) -> String {
    at(second).replace("+00:00", ".000000Z")
}

/// The spans as the warehouse tells them; the end by deletion is the run's own time and left out.
const TOLD: &str = "SELECT daily_price_minor, status, slug, valid_from,
        CASE WHEN valid_to < arrow_cast('2026-03-01T12:00:00Z', 'Timestamp(Microsecond, Some(\"UTC\"))') THEN valid_to END,
        is_current
    FROM dim_item JOIN dim_category USING (category_key)
    WHERE item_key <> '-1' ORDER BY CAST(daily_price_minor / 1000000 AS BIGINT), valid_from";

#[tokio::test]
async fn the_spans_of_every_item_equal_a_replay_of_its_changes() {
    on_every_database(async |database| replayed(database, 20_261_121).await).await;
}

mod soak {
    #[tokio::test]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn the_spans_of_every_item_equal_twenty_replays_of_its_changes() {
        for seed in 0..20 {
            super::on_every_database(async |database| super::replayed(database, seed).await).await;
        }
    }
}

async fn replayed(database: TestDatabase, seed: u64) {
    let house = House::on(database).await;
    house.sources.add_user(1).await;
    house.sources.add_category(10, "tools", None).await;
    house.sources.add_category(11, "games", None).await;
    // The history begins with the first load.
    house.run().await;
    let mut replay = Replay { random: Random::of(seed), ..Replay::default() };
    for _ in 0..12 {
        for _ in 0..=replay.random.below(9) {
            replay.step(&house).await;
        }
        house.run().await;
    }
    let events = replay.told().len() + replay.gone.len();
    house.run_until("SELECT count(*) FROM fact_item_event", json!(events)).await;
    assert_eq!(house.rows(TOLD).await, replay.told(), "seed {seed}");
    assert!(events > 20 && !replay.gone.is_empty(), "{events} events say little");
    house.warehouse.maintain().await.unwrap();
    assert_eq!(house.rows(TOLD).await, replay.told(), "tidied, seed {seed}");
}

/// What a member was from a second on: the role, which names the member, and the status.
type Standing = (String, &'static str, u32);

/// The spans of members beside what they were, and whether a span follows where one ends. A deletion is dated by the run.
const STANDINGS: &str = "SELECT role, status, valid_from, is_current,
        is_current OR valid_to = lead(valid_from) OVER (PARTITION BY user_key ORDER BY valid_from)
    FROM dim_user WHERE user_key <> '-1' ORDER BY split_part(role, ' ', 2), valid_from";

#[tokio::test]
async fn the_spans_of_every_member_equal_a_replay_of_what_they_were() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        let (mut random, mut told) = (Random::of(20_261_122), Vec::new());
        for member in 1..=6 {
            house.sources.add_user(member).await;
            house.sources.set_user(member, &format!("role = 'member {member}'"), 0).await;
            told.push(vec![(format!("member {member}"), "active", 0)]);
        }
        house.run().await;
        for second in 1..=60 {
            let index = usize::try_from(random.below(6)).unwrap();
            let standings: &mut Vec<Standing> = &mut told[index];
            let (role, status, _) = standings.last().unwrap().clone();
            let (set, new) = match random.below(4) {
                0 => ("display_name = 'another'".to_owned(), (role.clone(), status)),
                1 => ("status = 'suspended'".to_owned(), (role.clone(), "suspended")),
                2 => ("status = 'active'".to_owned(), (role.clone(), "active")),
                _ => {
                    let role = format!("{} {}", if role.starts_with('m') { "operator" } else { "member" }, index + 1);
                    (format!("role = '{role}'"), (role, status))
                }
            };
            house.sources.set_user(u128::try_from(index).unwrap() + 1, &set, second).await;
            if new != (role, status) {
                standings.push((new.0, new.1, second));
            }
            if random.below(5) == 0 {
                house.run().await;
            }
        }
        house.run().await;
        let row = |standings: &Vec<Standing>, number: usize| {
            let (role, status, second) = &standings[number];
            vec![json!(role), json!(status), json!(day(*second)), json!(number + 1 == standings.len()), json!(true)]
        };
        let rows =
            |standings: &Vec<Standing>| (0..standings.len()).map(|number| row(standings, number)).collect::<Vec<_>>();
        let wanted: Vec<_> = told.iter().flat_map(rows).collect();
        assert_eq!(house.rows(STANDINGS).await, wanted);
        assert!(wanted.len() > 25, "{} spans say little", wanted.len());
    })
    .await;
}

#[tokio::test]
async fn an_item_that_came_and_went_between_two_runs_was_there() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.run().await;
        house.sources.add_item(20, 1, 10, 500).await;
        house.sources.set_item(20, "daily_price_minor = 700", 60).await;
        house.sources.run("DELETE FROM items").await;
        house.sources.add_item(20, 1, 10, 900).await;
        let events = "SELECT count(*) FROM fact_item_event";
        house.run_until(events, json!(4)).await;
        let prices = house
            .rows(
                "SELECT daily_price_minor, is_current FROM dim_item WHERE item_key <> '-1'
             ORDER BY daily_price_minor",
            )
            .await;
        let wanted = [(500, false), (700, false), (900, true)].map(|(price, now)| vec![json!(price), json!(now)]);
        assert_eq!(prices, wanted);
    })
    .await;
}

#[tokio::test]
async fn what_a_first_load_already_told_is_not_told_again() {
    use sqlx::{Connection, Executor, PgConnection};
    let house = House::on_engine(Engine::Postgres).await;
    let mut slow = PgConnection::connect(house.sources.url.expose()).await.unwrap();
    // Whoever holds the oldest transaction keeps the watermark down, so the next run reads these changes once more.
    slow.execute("BEGIN").await.unwrap();
    slow.execute(sqlx::AssertSqlSafe(house.sources.user(2, 10))).await.unwrap();
    house.sources.add_item(20, 1, 10, 500).await;
    house.sources.set_item(20, "daily_price_minor = 700", 60).await;
    house.run_now().await;
    slow.execute("COMMIT").await.unwrap();
    house.run_until("SELECT count(*) FROM raw_items", json!(3)).await;
    let prices = house.rows("SELECT daily_price_minor FROM dim_item WHERE item_key <> '-1'").await;
    assert_eq!(prices, [[json!(700)]]);
}

#[tokio::test]
async fn a_reservation_keeps_the_time_of_each_of_its_states() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_user(1).await;
        house.sources.add_category(10, "tools", None).await;
        house.sources.add_item(20, 1, 10, 500).await;
        house.run().await;
        house.sources.add_reservation(30, 20, 1).await;
        for (state, second) in [("confirmed", 2), ("checked_out", 4), ("returned", 12)] {
            house.sources.set_reservation(30, state, second).await;
        }
        house.sources.add_reservation(31, 20, 1).await;
        house.sources.set_reservation(31, "released", 7).await;
        house.run_until("SELECT count(*) FROM raw_reservations", json!(6)).await;
        let released = "SELECT held_at, released_at, returned_at FROM fact_reservation WHERE state = 'released'";
        assert_eq!(house.rows(released).await, [[json!(day(0)), json!(day(7)), Value::Null]]);
        let times = "SELECT held_at, confirmed_at, checked_out_at, returned_at, due_at, returned_late, state
                     FROM fact_reservation WHERE item_key <> '-1' AND borrower_key <> '-1' AND category_key <> '-1' AND state = 'returned'";
        let mut wanted: Vec<_> = [0, 2, 4, 12, 10].map(|second| json!(day(second))).into();
        wanted.extend([json!(true), json!("returned")]);
        assert_eq!(house.rows(times).await, [wanted]);
    })
    .await;
}
