use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::{BreakerSettings, Outcome, Reason, Verdict};

/// Outcomes counted together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Calls with an outcome.
    pub calls: u32,
    /// Of these, failed or throttled.
    pub failures: u32,
    /// Of these, slow; a call can be both.
    pub slow: u32,
}

impl Tally {
    pub(super) fn add(&mut self, outcome: Outcome) {
        self.calls = self.calls.saturating_add(1);
        self.failures = self.failures.saturating_add(u32::from(outcome.verdict != Verdict::Success));
        self.slow = self.slow.saturating_add(u32::from(outcome.slow));
    }

    /// The rate that is too high, if one is. An empty tally has no rates.
    pub(super) fn breach(&self, settings: &BreakerSettings) -> Option<Reason> {
        if self.calls == 0 {
            return None;
        }
        let share = |part: u32| f64::from(part) / f64::from(self.calls);
        if share(self.failures) >= settings.failure_rate {
            return Some(Reason::FailureRate { calls: self.calls, failures: self.failures });
        }
        let too_slow = share(self.slow) >= settings.slow_rate;
        too_slow.then_some(Reason::SlowRate { calls: self.calls, slow: self.slow })
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_add(other.calls),
            failures: self.failures.saturating_add(other.failures),
            slow: self.slow.saturating_add(other.slow),
        }
    }
}

const BUCKETS: usize = 10;
const BUCKET: Duration = Duration::from_secs(1);

/// How far back the rates look.
pub(super) const WINDOW: Duration = Duration::from_secs(10);

/// The outcomes of the last ten seconds, forgotten a second at a time: what happened before says nothing about now.
#[derive(Debug)]
pub(crate) struct Window {
    buckets: [Tally; BUCKETS],
    /// When `buckets[newest]` began.
    newest_from: Instant,
    newest: usize,
}

impl Window {
    pub(crate) fn new(now: Instant) -> Self {
        Self { buckets: [Tally::default(); BUCKETS], newest_from: now, newest: 0 }
    }

    pub(crate) fn add(&mut self, outcome: Outcome, now: Instant) {
        self.advance(now);
        self.buckets[self.newest].add(outcome);
    }

    pub(crate) fn total(&mut self, now: Instant) -> Tally {
        self.advance(now);
        self.buckets.iter().copied().fold(Tally::default(), Tally::plus)
    }

    /// Threads read the clock before they take the lock, so `now` may lie a little before the newest bucket: it counts
    /// there.
    fn advance(&mut self, now: Instant) {
        if now.saturating_duration_since(self.newest_from) >= 2 * WINDOW {
            *self = Self::new(now);
        }
        while now.saturating_duration_since(self.newest_from) >= BUCKET {
            self.newest = (self.newest + 1) % BUCKETS;
            self.buckets[self.newest] = Tally::default();
            self.newest_from += BUCKET;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The model keeps every call with the second it fell into.
        #[test]
        fn the_window_counts_exactly_the_last_ten_seconds(
            story in prop::collection::vec((0u64..25_000, any::<bool>(), any::<bool>()), 0..200),
        ) {
            let began = Instant::now();
            let (mut window, mut model, mut at) = (Window::new(began), Vec::new(), Duration::ZERO);
            for (wait_ms, failed, slow) in story {
                // Mostly short waits, now and then one beyond the window.
                at += Duration::from_millis(if wait_ms > 24_000 { wait_ms } else { wait_ms / 20 });
                let verdict = if failed { Verdict::Failure } else { Verdict::Success };
                let outcome = Outcome { verdict, slow };
                window.add(outcome, began + at);
                // After two silent windows the seconds are counted from the next call on.
                model.push((at, outcome));
                let newest = window.newest_from.duration_since(began);
                let mut expected = Tally::default();
                for (_, outcome) in model.iter().filter(|(when, _)| *when + 9 * BUCKET >= newest) {
                    expected.add(*outcome);
                }
                prop_assert_eq!(window.total(began + at), expected);
            }
        }
    }
}
