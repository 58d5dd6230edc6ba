use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Instance, Pool};
use crate::breaker::Verdict;
use crate::request_body::Progress;

/// A failed call makes an instance look at least this slow, or one that fails quickly would look like the best of all.
const PENALTY: Duration = Duration::from_millis(250);

/// One call to one instance, from the moment it is sent until the last byte of the answer. Settle it with what it showed;
/// dropped, it counts no more, and how long it waited is not forgotten.
#[derive(Debug)]
#[must_use = "a dropped guard ends its call"]
pub(crate) struct Guard {
    pool: Arc<Pool>,
    instance: Arc<Instance>,
    sent: Option<Arc<Progress>>,
    waits: bool,
    answered: bool,
}

impl Guard {
    /// Counts a call to `instance`; `waits` when its body is at hand, so that it is sent at once.
    pub(crate) fn begin(pool: &Arc<Pool>, instance: Arc<Instance>, waits: bool) -> Self {
        instance.began_call(waits, Instant::now());
        Self { pool: Arc::clone(pool), instance, sent: None, waits, answered: false }
    }

    /// Lets the guard see when the request's last byte was sent.
    pub(crate) fn watch(&mut self, progress: &Arc<Progress>) {
        self.sent = Some(Arc::clone(progress));
    }

    /// Notes that the answer began, well, after `latency`.
    pub(crate) fn answered(&mut self, latency: Duration) {
        let now = Instant::now();
        self.answered = true;
        self.sent = None;
        self.instance.latency().observe(latency, now);
        self.stop_waiting(true, now);
    }

    /// Ends the call. Returns what it says about the upstream as a whole: a failure of one instance, while others are well,
    /// is only part of one.
    pub(crate) fn settle(mut self, verdict: Verdict) -> Verdict {
        let now = Instant::now();
        self.answered = true;
        if verdict == Verdict::Failure {
            self.instance.latency().raise(PENALTY.max(self.waited(now)), now);
        }
        self.stop_waiting(true, now);
        self.pool.record(&self.instance, verdict, now)
    }

    fn waited(&self, now: Instant) -> Duration {
        let sent = self.sent.as_ref().and_then(|progress| progress.finished_at());
        sent.map_or(Duration::ZERO, |sent| now.saturating_duration_since(sent))
    }

    fn stop_waiting(&mut self, moved: bool, now: Instant) {
        if std::mem::take(&mut self.waits) {
            self.instance.stopped_waiting(moved, now);
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let now = Instant::now();
        if !self.answered {
            self.instance.latency().raise(self.waited(now), now);
        }
        self.stop_waiting(false, now);
        self.instance.ended_call();
    }
}
