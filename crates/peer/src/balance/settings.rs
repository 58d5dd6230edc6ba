use std::time::Duration;

use crate::InvalidSettings;

/// Longer times are mistakes, and could overflow a clock.
const LONGEST: Duration = Duration::from_hours(24);

/// How calls are shared among the instances of one upstream. None of it matters where there is only one.
#[derive(Clone, Debug)]
pub struct BalanceSettings {
    /// Failures in a row (no connection, a reset, a timeout, a 5xx) after which an instance is ejected; 404 and 429 are none.
    pub eject_after: u32,
    /// Calls of an instance within ten seconds before its failure rate means anything.
    pub minimum_calls: u32,
    /// An instance whose failure rate is above that of its peers by this much is ejected, above 0 and at most 1.
    pub failure_excess: f64,
    /// How long an instance stays ejected the first time; each further time in a row doubles it.
    pub eject_first: Duration,
    /// The doubling ends here.
    pub eject_longest: Duration,
    /// The share of calls of an instance that is new or back grows to its full one over this time.
    pub slow_start: Duration,
    /// What is asked of every instance to learn whether it is ready; `None` for upstreams that would not like it.
    pub check: Option<ReadyCheck>,
}

impl Default for BalanceSettings {
    /// Ejects for 5 s after 5 failures in a row, or when failing a third more often than its peers do.
    fn default() -> Self {
        Self {
            eject_after: 5,
            minimum_calls: 20,
            failure_excess: 0.3,
            eject_first: Duration::from_secs(5),
            eject_longest: Duration::from_mins(1),
            slow_start: Duration::from_secs(10),
            check: Some(ReadyCheck::default()),
        }
    }
}

impl BalanceSettings {
    pub(crate) fn check(&self, name: &str) -> Result<(), InvalidSettings> {
        let longest = self.eject_longest.max(self.slow_start);
        let check = self.check.as_ref();
        let rules = [
            (self.eject_after > 0, "eject_after must be at least 1"),
            (self.minimum_calls > 0, "minimum_calls must be at least 1"),
            (self.failure_excess > 0.0 && self.failure_excess <= 1.0, "failure_excess must be above 0 and at most 1"),
            (!self.eject_first.is_zero(), "eject_first must be longer than zero"),
            (self.eject_first <= self.eject_longest, "eject_first must not be longer than eject_longest"),
            (longest <= LONGEST, "no time may be longer than a day"),
            (check.is_none_or(ReadyCheck::is_usable), "a readiness check needs a path such as /readyz, and times"),
        ];
        match rules.into_iter().find(|(holds, _)| !holds) {
            Some((_, reason)) => Err(InvalidSettings::new(name, reason)),
            None => Ok(()),
        }
    }
}

/// The question whether an instance is ready. A refused connection or a 5xx means no; two questions in a row without an
/// answer mean no; everything else means yes, a 404 too, for it comes from something that works and has no such page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyCheck {
    /// An absolute path; default `/readyz`.
    pub path: String,
    /// Where it is asked for, if not where the calls go.
    pub port: Option<u16>,
    /// Between two questions.
    pub every: Duration,
    /// For one answer.
    pub patience: Duration,
}

impl Default for ReadyCheck {
    fn default() -> Self {
        Self { path: "/readyz".to_owned(), port: None, every: Duration::from_secs(1), patience: Duration::from_secs(1) }
    }
}

impl ReadyCheck {
    fn is_usable(&self) -> bool {
        let times = [self.every, self.patience];
        self.path.starts_with('/') && times.iter().all(|time| !time.is_zero() && *time <= LONGEST)
    }
}
