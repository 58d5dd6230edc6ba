use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::db::leases::Lease;
use crate::domain::order::Order;

/// Orders that wait for the workers of this process. More of them are better left to whoever claims them first.
const ROOM: usize = 16;

/// What the workers of this process have to do: orders that are leased to it, and whether the database may have others.
#[derive(Debug, Default)]
pub(crate) struct Work {
    leased: Mutex<VecDeque<(Order, Lease)>>,
    due: AtomicBool,
    closed: AtomicBool,
    bell: Notify,
}

impl Work {
    /// Whether an order that becomes due may be leased to this process at once, rather than claimed later by any: not while others
    /// may be due, for they were there before it.
    pub(crate) fn has_room(&self) -> bool {
        let is_taking = !self.closed.load(Ordering::Relaxed) && !self.due.load(Ordering::Relaxed);
        is_taking && self.leased().len() < ROOM
    }

    /// Adds an order that is leased to this process.
    pub(crate) fn put(&self, order: Order, lease: Lease) {
        self.leased().push_back((order, lease));
        self.bell.notify_one();
    }

    /// Tells that an order may be due that nobody has leased.
    pub(crate) fn ring(&self) {
        self.due.store(true, Ordering::Relaxed);
        self.bell.notify_one();
    }

    /// Until there is something to do.
    pub(crate) fn rung(&self) -> Notified<'_> {
        self.bell.notified()
    }

    /// Whether orders may be due since this was last asked.
    pub(super) fn may_be_due(&self) -> bool {
        self.due.swap(false, Ordering::Relaxed)
    }

    /// The one that was put in first, if its lease lasts until then; those whose lease does not are left to the next claim.
    pub(super) fn take(&self, until: DateTime<Utc>) -> Option<(Order, Lease)> {
        let mut orders = self.leased();
        while let Some((order, lease)) = orders.pop_front() {
            if lease.until.is_some_and(|lasts| lasts >= until) {
                if !orders.is_empty() {
                    // The bell may have rung for several before anybody listened.
                    self.bell.notify_one();
                }
                return Some((order, lease));
            }
        }
        None
    }

    /// From now on nothing has room. Answers whether everything that was leased is done.
    pub(super) fn close(&self) -> bool {
        self.closed.store(true, Ordering::Relaxed);
        self.leased().is_empty()
    }

    fn leased(&self) -> MutexGuard<'_, VecDeque<(Order, Lease)>> {
        // Whoever panicked has put in or taken out a whole order, or nothing.
        self.leased.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use order_api::OrderId;
    use uuid::Uuid;

    use super::*;
    use crate::domain::order::NewOrder;

    #[test]
    fn what_is_leased_long_enough_comes_in_its_turn_and_the_rest_not_at_all() {
        let now = DateTime::UNIX_EPOCH;
        let work = Work::default();
        for (number, seconds) in [(1, 20), (2, 5), (3, 20)] {
            let lease = Lease { worker: Uuid::nil(), until: Some(now + TimeDelta::seconds(seconds)) };
            work.put(order(number), lease);
        }
        let taken = || work.take(now + TimeDelta::seconds(10)).map(|(order, _)| order.number);
        assert_eq!([taken(), taken(), taken()], [Some(1), Some(3), None]);
        assert!(work.close());
    }

    #[test]
    fn there_is_room_until_it_is_full_or_closed() {
        let lease = Lease { worker: Uuid::nil(), until: Some(DateTime::UNIX_EPOCH) };
        let work = Work::default();
        for number in 1..=16 {
            assert!(work.has_room());
            work.put(order(number), lease);
        }
        assert!(!work.has_room());
        assert!(!work.close());
        let closed = Work::default();
        assert!(closed.close() && !closed.has_room());
    }

    #[test]
    fn nothing_new_has_room_before_what_may_be_due_is_looked_for() {
        let work = Work::default();
        work.ring();
        assert!(!work.has_room());
        assert!(work.may_be_due() && work.has_room());
    }

    #[test]
    fn the_database_is_asked_once_for_each_time_it_rings() {
        let work = Work::default();
        work.ring();
        work.ring();
        assert_eq!([work.may_be_due(), work.may_be_due()], [true, false]);
    }

    fn order(number: i64) -> Order {
        let id = OrderId::new(Uuid::from_u128(1));
        let borrower_id = vocabulary::UserId::new(Uuid::from_u128(2));
        let currency = "EUR".parse().expect("a currency");
        let new = NewOrder { id, borrower_id, lines: Vec::new(), currency, provider: None };
        Order::new(new, number, DateTime::UNIX_EPOCH)
    }
}
