use std::time::Duration;

use tokio::time::Instant;

use super::BreakerSettings;

/// The share of calls admitted right after closing, so that an upstream with cold caches is not hit by everyone at once.
const FIRST_SHARE: f64 = 0.1;

/// The way back to full load after a recovery.
#[derive(Debug)]
pub(super) struct SlowStart {
    since: Instant,
    /// Fractions of calls saved up: at 1 the next call is admitted.
    credit: f64,
    second: u64,
    admitted_this_second: u32,
}

impl SlowStart {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, credit: 0.0, second: 0, admitted_this_second: 0 }
    }

    pub(super) fn is_over(&self, settings: &BreakerSettings, now: Instant) -> bool {
        self.elapsed(now) >= settings.slow_start
    }

    pub(super) fn admits(&mut self, settings: &BreakerSettings, now: Instant) -> bool {
        let elapsed = self.elapsed(now);
        if elapsed.as_secs() != self.second {
            self.second = elapsed.as_secs();
            self.admitted_this_second = 0;
        }
        let way = elapsed.as_secs_f64() / settings.slow_start.as_secs_f64();
        self.credit += FIRST_SHARE + (1.0 - FIRST_SHARE) * way;
        let has_credit = self.credit >= 1.0;
        if has_credit {
            self.credit -= 1.0;
        }
        let admits = has_credit || self.admitted_this_second < settings.slow_start_floor;
        self.admitted_this_second += u32::from(admits);
        admits
    }

    fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.since)
    }
}
