use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::db::leases::Lease;
use crate::domain::order::Order;

/// Orders that were claimed together and wait for a worker of this process.
#[derive(Debug, Default)]
pub(crate) struct Claimed(Mutex<VecDeque<(Order, Lease)>>);

impl Claimed {
    pub(super) fn put(&self, order: Order, lease: Lease) {
        self.orders().push_back((order, lease));
    }

    /// The one that was put in first, if its lease lasts until then; those whose lease does not are left to the next claim.
    pub(super) fn take(&self, until: DateTime<Utc>) -> Option<(Order, Lease)> {
        let mut orders = self.orders();
        while let Some((order, lease)) = orders.pop_front() {
            if lease.until.is_some_and(|lasts| lasts >= until) {
                return Some((order, lease));
            }
        }
        None
    }

    pub(super) fn any(&self) -> bool {
        !self.orders().is_empty()
    }

    fn orders(&self) -> MutexGuard<'_, VecDeque<(Order, Lease)>> {
        // Whoever panicked has put in or taken out a whole order, or nothing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        let claimed = Claimed::default();
        for (number, seconds) in [(1, 20), (2, 5), (3, 20)] {
            let lease = Lease { worker: Uuid::nil(), until: Some(now + TimeDelta::seconds(seconds)) };
            claimed.put(order(number), lease);
        }
        let taken = || claimed.take(now + TimeDelta::seconds(10)).map(|(order, _)| order.number);
        assert_eq!([taken(), taken(), taken()], [Some(1), Some(3), None]);
        assert!(!claimed.any());
    }

    fn order(number: i64) -> Order {
        let id = OrderId::new(Uuid::from_u128(1));
        let borrower_id = vocabulary::UserId::new(Uuid::from_u128(2));
        let currency = "EUR".parse().expect("a currency");
        let new = NewOrder { id, borrower_id, lines: Vec::new(), currency, provider: None };
        Order::new(new, number, DateTime::UNIX_EPOCH)
    }
}
