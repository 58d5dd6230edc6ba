//! Many at once: nothing is ever booked twice, and what is shown free is what can be booked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures_util::future::join_all;
use http::HeaderMap;
use inventory_api::{HttpReservations, Period, ReservationClient, ReservationError, ReservationId, ReservationState};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::json;
use service_kit::clock::Hands;
use tokio::sync::Barrier;
use vocabulary::ItemId;

use crate::inventory::{Inventory, on_both_at_noon};
use crate::reservations::{days, hold, id, item};

const CLIENTS: u64 = 12;
const ITEMS: usize = 4;
const UNITS: u32 = 5;
/// Calls of each client between two moments of rest, at which everything is checked.
const CALLS: usize = 12;
/// How long the suite's own run goes on, on each database.
const SHORT: Duration = Duration::from_secs(3);
/// How long the run goes on that is asked for by name.
const LONG: Duration = Duration::from_secs(60);

/// Pairs of bookings of one unit that overlap while both block.
const OVERLAPS: &str = "SELECT count(*) FROM bookings a JOIN bookings b ON a.unit_id = b.unit_id
    AND a.reservation_id < b.reservation_id AND a.starts_at < b.blocked_until AND b.starts_at < a.blocked_until
    WHERE a.state IN ('held', 'confirmed', 'checked_out') AND b.state IN ('held', 'confirmed', 'checked_out')";

/// Loans that do not have as many units as they should.
const MISCOUNTED: &str = "SELECT count(*) FROM reservations r WHERE starts_at IS NOT NULL
    AND units <> (SELECT count(*) FROM bookings WHERE reservation_id = r.id AND state = r.state)";

/// One who asks for things at random and does something with what they get.
struct Visitor {
    client: HttpReservations,
    rng: StdRng,
    items: Vec<ItemId>,
    mine: Vec<ReservationId>,
    next: u128,
    held: u64,
}

impl Visitor {
    fn new(number: u64, seed: u64, inventory: &Inventory, items: &[ItemId]) -> Self {
        let rng = StdRng::seed_from_u64(seed * 1000 + number);
        let next = u128::from(number) << 64;
        Self { client: inventory.reservations(), rng, items: items.to_vec(), mine: Vec::new(), next, held: 0 }
    }

    async fn call(&mut self, hands: &Hands) {
        let none = HeaderMap::new();
        let one = (!self.mine.is_empty()).then(|| self.mine[self.rng.random_range(0..self.mine.len())]);
        let answered = match (self.rng.random_range(0..10), one) {
            (0..=4, _) | (_, None) => return self.hold().await,
            (5, Some(id)) => self.client.confirm(id, &none).await.map(drop),
            (6, Some(id)) => self.client.release(id, &none).await,
            (7, Some(id)) => self.client.check_out(id, None, &none).await.map(drop),
            (8, Some(id)) => self.client.take_back(id, None, &none).await.map(drop),
            (_, Some(_)) => {
                hands.advance(Duration::from_secs(self.rng.random_range(1..60)));
                Ok(())
            }
        };
        assert!(matches!(answered, Ok(()) | Err(ReservationError::Conflict(_))), "{answered:?}");
    }

    async fn hold(&mut self) {
        self.next += 1;
        let (id, period) = (id(self.next), period(&mut self.rng));
        let mut request = hold(self.items[self.rng.random_range(0..ITEMS)], self.rng.random_range(1..4), period);
        request.ttl_seconds = Some(self.rng.random_range(30..2_000));
        match self.client.hold(id, &request, &HeaderMap::new()).await {
            Ok(_) => {
                self.held += 1;
                self.mine.push(id);
            }
            Err(error) => assert!(matches!(error, ReservationError::Conflict(_)), "{error:?}"),
        }
    }
}

/// Some hours of the week that begins in a few days: later than clocks go in a test.
fn period(rng: &mut StdRng) -> Period {
    let start = days(20, 21).start + TimeDelta::hours(rng.random_range(0..7 * 24));
    Period { start, end: start + TimeDelta::hours(rng.random_range(1..72)) }
}

async fn count(db: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    db.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

/// Nobody else is there: as many as are shown free can be held, and not one more.
async fn free_is_what_can_be_held(client: &HttpReservations, rng: &mut StdRng, items: &[ItemId], probe: &mut u128) {
    let none = HeaderMap::new();
    for item in items {
        let period = period(rng);
        let free = i64::from(client.free(*item, Some(period), &none).await.unwrap());
        *probe += 2;
        let more = client.hold(id(*probe), &hold(*item, free + 1, period), &none).await;
        assert!(matches!(more, Err(ReservationError::Conflict(_))), "{free} are shown free: {more:?}");
        if free > 0 {
            client.hold(id(*probe + 1), &hold(*item, free, period), &none).await.unwrap();
            client.release(id(*probe + 1), &none).await.unwrap();
        }
    }
}

async fn soak(inventory: &Inventory, hands: &Hands, seed: u64, time: Duration) {
    let mut items = Vec::new();
    for _ in 0..ITEMS {
        items.push(item(inventory, UNITS, json!({ "buffer_hours": 1 })).await);
    }
    let mut visitors: Vec<_> = (1..=CLIENTS).map(|number| Visitor::new(number, seed, inventory, &items)).collect();
    let (db, client) = (inventory.database().await, inventory.reservations());
    let (mut rng, mut probe) = (StdRng::seed_from_u64(seed), 1_u128 << 96);
    let begun = Instant::now();
    while begun.elapsed() < time {
        join_all(visitors.iter_mut().map(async |visitor| {
            for _ in 0..CALLS {
                visitor.call(hands).await;
            }
        }))
        .await;
        assert_eq!(count(&db, OVERLAPS).await, 0, "seed {seed}");
        assert_eq!(count(&db, MISCOUNTED).await, 0, "seed {seed}");
        free_is_what_can_be_held(&client, &mut rng, &items, &mut probe).await;
    }
    assert_eq!(count(&db, OVERLAPS).await, 0, "seed {seed}");
    let held: u64 = visitors.iter().map(|visitor| visitor.held).sum();
    let expired = format!("SELECT count(*) FROM reservations WHERE state = '{}'", ReservationState::Expired.as_str());
    eprintln!("{held} holds in {:?}, {} of them expired", begun.elapsed(), count(&db, &expired).await);
    assert!(held > 0);
    db.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_booked_twice_and_what_is_shown_free_can_be_booked() {
    on_both_at_noon(async |inventory, hands| soak(inventory, hands, 1, SHORT).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes two minutes; `cargo xtask soak` runs it"]
async fn nothing_is_booked_twice_in_a_long_run() {
    on_both_at_noon(async |inventory, hands| soak(inventory, hands, 2, LONG).await).await;
}

#[tokio::test]
async fn who_only_looks_before_booking_books_twice() {
    on_both_at_noon(async |inventory, _| {
        let db = Arc::new(inventory.database().await);
        db.execute_unprepared("CREATE TABLE naive (unit integer, starts integer, ends integer)").await.unwrap();
        let all_have_looked = Arc::new(Barrier::new(usize::try_from(CLIENTS).unwrap()));
        let naive = async |number: u64| {
            let looked = count(&db, "SELECT count(*) FROM naive WHERE starts < 20 AND ends > 10").await;
            all_have_looked.wait().await;
            if looked == 0 {
                let sql = format!("INSERT INTO naive VALUES (1, {}, 20)", 10 + number % 2);
                db.execute_unprepared(&sql).await.unwrap();
            }
        };
        join_all((0..CLIENTS).map(naive)).await;
        assert_eq!(count(&db, "SELECT count(*) FROM naive").await, i64::try_from(CLIENTS).unwrap());
        db.execute_unprepared("DROP TABLE naive").await.unwrap();

        let item = item(inventory, 1, json!({})).await;
        let client = inventory.reservations();
        let none = HeaderMap::new();
        let request = hold(item, 1, days(1, 2));
        let holds = join_all((0..u128::from(CLIENTS)).map(|number| client.hold(id(number), &request, &none))).await;
        assert_eq!(holds.iter().filter(|held| held.is_ok()).count(), 1, "the service lets one of them have it");
    })
    .await;
}
