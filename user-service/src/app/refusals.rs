use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::throttle::household;

/// How long refusals are counted until they are one event.
const WINDOW: TimeDelta = TimeDelta::minutes(1);

/// Addresses that are told apart in one window; the refusals of all others are counted together. So whoever has a thousand
/// addresses writes no more than this into the audit trail in a minute.
const TOLD_APART: usize = 100;

/// Attempts that were refused because their address had failed too often. They cost nothing, so that there may be any number
/// of them: each address is one event of the audit trail for each minute, with how many there were.
#[derive(Default)]
pub(super) struct Refusals {
    counted: Mutex<HashMap<Origin, Refused>>,
}

/// Whom refusals are counted for; none of those that are not told apart.
type Origin = Option<u128>;

/// What one address was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused {
    /// The first one of those that count as one; none of those that were not told apart.
    pub(super) address: Option<IpAddr>,
    pub(super) attempts: u64,
    since: DateTime<Utc>,
}

impl Refusals {
    /// Counts one more attempt.
    pub(super) fn count(&self, address: IpAddr, now: DateTime<Utc>) {
        let mut counted = self.counted();
        let own = Some(household(address));
        let is_told_apart = counted.contains_key(&own) || counted.len() < TOLD_APART;
        let (origin, address) = if is_told_apart { (own, Some(address)) } else { (None, None) };
        let refused = counted.entry(origin).or_insert(Refused { address, attempts: 0, since: now });
        refused.attempts = refused.attempts.saturating_add(1);
    }

    /// Takes out those whose window is over, and all when it is the `last` time.
    pub(super) fn take(&self, now: DateTime<Utc>, last: bool) -> Vec<Refused> {
        // A clock that was set back ends the window as well.
        let is_over = |refused: &Refused| last || now < refused.since || now >= refused.since + WINDOW;
        self.counted().extract_if(|_, refused| is_over(refused)).map(|(_, refused)| refused).collect()
    }

    /// Counts on what was taken out and could not be written down.
    pub(super) fn put_back(&self, taken: Vec<Refused>) {
        let mut counted = self.counted();
        for refused in taken {
            let origin = refused.address.map(household);
            let kept = counted.entry(origin).or_insert(Refused { attempts: 0, ..refused });
            kept.attempts = kept.attempts.saturating_add(refused.attempts);
        }
    }

    fn counted(&self) -> MutexGuard<'_, HashMap<Origin, Refused>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn v4(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    #[test]
    fn an_address_is_one_event_for_each_minute_with_how_many_there_were() {
        let refusals = Refusals::default();
        (0..57).for_each(|_| refusals.count(v4(1), NOW));
        assert_eq!(refusals.take(NOW + WINDOW - TimeDelta::seconds(1), false), []);
        refusals.count("::ffff:0.0.0.1".parse().unwrap(), NOW + TimeDelta::seconds(30));
        let taken = refusals.take(NOW + WINDOW, false);
        assert_eq!(taken, [Refused { address: Some(v4(1)), attempts: 58, since: NOW }]);
        assert_eq!(refusals.take(NOW + WINDOW, true), []);
        refusals.count(v4(1), NOW + WINDOW);
        assert_eq!(refusals.take(NOW + WINDOW, true).len(), 1, "the last time nothing waits");
    }

    #[test]
    fn however_many_addresses_there_are_the_trail_grows_no_faster() {
        let refusals = Refusals::default();
        for number in 0..5_000 {
            refusals.count(v4(number), NOW);
            refusals.count(v4(0), NOW);
        }
        let taken = refusals.take(NOW + WINDOW, false);
        assert_eq!(taken.len(), TOLD_APART + 1);
        let attempts =
            |address| taken.iter().find(|refused| refused.address == address).map(|refused| refused.attempts);
        assert_eq!(attempts(Some(v4(0))), Some(5_001), "who was there first is told apart");
        assert_eq!(attempts(None), Some(4_900));
    }

    #[test]
    fn what_could_not_be_written_down_is_counted_on() {
        let refusals = Refusals::default();
        refusals.count(v4(1), NOW);
        let taken = refusals.take(NOW + WINDOW, false);
        refusals.count(v4(1), NOW + WINDOW);
        refusals.put_back(taken);
        assert_eq!(refusals.take(NOW + WINDOW * 2, false)[0].attempts, 2);
    }
}
