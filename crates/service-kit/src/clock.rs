//! The time of day, passed in so that tests can set it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use uuid::{ContextV7, Timestamp, Uuid};
use vocabulary::Id;

/// Tells the time of day, in UTC and whole microseconds: what every database and the warehouse keep without loss.
#[derive(Clone)]
pub struct Clock {
    source: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    ids: Arc<Mutex<ContextV7>>,
}

impl Clock {
    /// The machine's clock.
    #[expect(clippy::disallowed_methods, reason = "this is the home of the wall clock")]
    pub fn system() -> Self {
        Self::from_source(Utc::now)
    }

    /// A clock that stands still until its hands are moved.
    pub fn manual(start: DateTime<Utc>) -> (Self, Hands) {
        let hands = Hands(Arc::new(Mutex::new(start)));
        let read = hands.clone();
        (Self::from_source(move || read.read()), hands)
    }

    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        (self.source)().trunc_subsecs(6)
    }

    /// A new id of this moment. Ids made by one clock sort in the order they were made, also within a millisecond
    /// (RFC 9562 §6.2, method 1).
    pub fn new_id<K>(&self) -> Id<K> {
        let now = self.now();
        let context = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        Id::new(Uuid::new_v7(Timestamp::from_unix(&*context, seconds, now.timestamp_subsec_nanos())))
    }

    fn from_source(source: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self { source: Arc::new(source), ids: Arc::new(Mutex::new(ContextV7::new())) }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("now", &self.now()).finish()
    }
}

/// Moves a manual clock.
#[derive(Debug, Clone)]
pub struct Hands(Arc<Mutex<DateTime<Utc>>>);

impl Hands {
    /// Lets this much time pass.
    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    fn read(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocabulary::ItemId;

    #[test]
    fn ids_sort_in_the_order_they_were_made_even_when_time_stands_still() {
        let (clock, hands) = Clock::manual(DateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
        let mut ids: Vec<ItemId> = (0..5_000).map(|_| clock.new_id()).collect();
        hands.advance(Duration::from_millis(1));
        ids.extend((0..5_000).map(|_| clock.new_id::<vocabulary::Item>()));
        assert!(ids.is_sorted());
        ids.dedup();
        assert_eq!(ids.len(), 10_000);
    }
}
