use std::sync::Arc;
use std::time::Duration;

use crate::balance::Guard;
use crate::breaker::{Permit, Verdict};
use crate::request_body::Progress;

/// The right to make one attempt: the breaker's permit, and the place among an instance's calls. Both hear how it ended;
/// dropped, it shows nothing about the upstream.
#[derive(Debug)]
#[must_use = "a dropped admission ends its call"]
pub(crate) struct Admission {
    permit: Permit,
    guard: Guard,
}

impl Admission {
    pub(crate) fn new(permit: Permit, guard: Guard) -> Self {
        Self { permit, guard }
    }

    /// How long ago the attempt was admitted.
    pub(crate) fn age(&self) -> Duration {
        self.permit.age()
    }

    pub(crate) fn watch(&mut self, progress: &Arc<Progress>) {
        self.guard.watch(progress);
    }

    /// Notes that the answer began, well, after `latency`.
    pub(crate) fn answered(&mut self, latency: Duration) {
        self.permit.answered(latency);
        self.guard.answered(latency);
    }

    pub(crate) fn settle(self, verdict: Verdict) {
        let Self { permit, guard } = self;
        permit.settle(guard.settle(verdict));
    }
}
