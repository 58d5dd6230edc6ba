use std::time::Duration;

use tokio::time::Instant;

use super::controller::Grant;
use super::{Breaker, Verdict};

/// The right to make one call. Settle it with what the call showed about the upstream; dropped, it shows nothing (the
/// caller hung up), and a probe's place is free again.
#[derive(Debug)]
#[must_use = "a dropped permit tells the breaker nothing"]
pub struct Permit {
    breaker: Breaker,
    grant: Grant,
    admitted: Instant,
    latency: Option<Duration>,
    settled: bool,
}

impl Permit {
    pub(super) fn new(breaker: Breaker, grant: Grant, admitted: Instant) -> Self {
        Self { breaker, grant, admitted, latency: None, settled: false }
    }

    /// How long ago the call was admitted.
    pub fn age(&self) -> Duration {
        self.admitted.elapsed()
    }

    /// Notes that the upstream's answer began, well, after `latency`: whatever its body takes is not held against it. A
    /// probe still streaming at its deadline then counts as a success rather than as hung.
    pub fn answered(&mut self, latency: Duration) {
        self.latency = Some(latency);
        if self.grant.probe.is_some() {
            self.breaker.answered(self.grant, latency);
        }
    }

    /// Ends the call with a verdict. Without [`Permit::answered`] its latency is the time since it was admitted.
    pub fn settle(mut self, verdict: Verdict) {
        self.settled = true;
        let latency = self.latency.unwrap_or_else(|| self.age());
        self.breaker.record(self.grant, verdict, latency);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.settled && self.grant.probe.is_some() {
            self.breaker.abandon(self.grant);
        }
    }
}
