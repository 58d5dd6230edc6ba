use std::time::Duration;

use crate::InvalidSettings;

/// Longer times are mistakes, and could overflow a clock.
const LONGEST: Duration = Duration::from_hours(24);

/// When a breaker opens, for how long, and how it comes back.
#[derive(Clone, Debug)]
pub struct BreakerSettings {
    /// Calls within the window (10 s) before a rate means anything.
    pub minimum_calls: u32,
    /// Share of failed and throttled calls that opens, above 0 and at most 1.
    pub failure_rate: f64,
    /// An answer whose headers took this long is slow.
    pub slow_after: Duration,
    /// Share of slow calls that opens, above 0 and at most 1.
    pub slow_rate: f64,
    /// Failures in a row that open, however few calls there are.
    pub streak: u32,
    /// How long the breaker stays open the first time; each further time doubles it. Jitter takes away up to a half.
    pub open_first: Duration,
    /// The doubling ends here.
    pub open_longest: Duration,
    /// Calls admitted to find out whether the upstream is back; as many must end well.
    pub probes: u32,
    /// A probe without an outcome after this long gives its place to another.
    pub probe_deadline: Duration,
    /// After closing, the admitted share of calls grows to all of them over this time.
    pub slow_start: Duration,
    /// Calls a second that the slow start always admits: who asks little never notices it.
    pub slow_start_floor: u32,
}

impl Default for BreakerSettings {
    /// Opens after 5 failures in a row, or when half of at least 20 calls fail or four fifths take over 2 s; tries again
    /// after 1 s at most, later 30 s at most.
    fn default() -> Self {
        Self {
            minimum_calls: 20,
            failure_rate: 0.5,
            slow_after: Duration::from_secs(2),
            slow_rate: 0.8,
            streak: 5,
            open_first: Duration::from_secs(1),
            open_longest: Duration::from_secs(30),
            probes: 3,
            probe_deadline: Duration::from_secs(30),
            slow_start: Duration::from_secs(5),
            slow_start_floor: 20,
        }
    }
}

impl BreakerSettings {
    pub(super) fn check(&self, name: &str) -> Result<(), InvalidSettings> {
        let is_share = |share: f64| share > 0.0 && share <= 1.0;
        let rules = [
            (is_share(self.failure_rate), "failure_rate must be above 0 and at most 1"),
            (is_share(self.slow_rate), "slow_rate must be above 0 and at most 1"),
            (self.minimum_calls > 0, "minimum_calls must be at least 1"),
            (self.streak > 0, "streak must be at least 1"),
            (self.probes > 0, "probes must be at least 1, or the breaker could never close"),
            (!self.probe_deadline.is_zero(), "probe_deadline must be longer than zero"),
            (self.longest() <= LONGEST, "no time may be longer than a day"),
            (!self.open_first.is_zero(), "open_first must be longer than zero"),
            (self.open_first <= self.open_longest, "open_first must not be longer than open_longest"),
        ];
        match rules.into_iter().find(|(holds, _)| !holds) {
            Some((_, reason)) => Err(InvalidSettings::new(name, reason)),
            None => Ok(()),
        }
    }

    fn longest(&self) -> Duration {
        self.slow_after.max(self.open_longest).max(self.probe_deadline).max(self.slow_start)
    }
}
