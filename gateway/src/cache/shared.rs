//! The second tier: responses that gateways share in a Redis Cluster, and what they tell each other of purges.
//!
//! Nothing is removed there. A response is stored with the [`Mark`] up to which its gateway had read everybody's notes of
//! purges when it began to fetch it; whoever finds it compares it with the notes since. So a response that was fetched
//! before a purge is never used after it, in whatever order messages, failovers and late fetches come, and a gateway that
//! starts finds a warm cache. A gateway that cannot read the notes uses nothing of the second tier and, of its own memory,
//! only what is younger than [`KEPT`].

mod borrow;
mod follow;
mod history;
mod record;
mod wire;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cache::{Mark, Shelf};
use peer::breaker::BreakerSnapshot;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, timeout};

pub(super) use borrow::Loan;
pub(crate) use record::Force;

use super::purge::Purge;
use super::time::Timestamp;
use crate::metrics::SharedMetrics;
use history::History;

/// Without a word from Redis for so long, a gateway may have missed a purge.
const LOST: Duration = Duration::from_millis(1_500);

/// For so long after it was lost, the word of Redis is not everything yet: other gateways may have to catch up with it, too.
const GRACE: Duration = Duration::from_secs(2);

/// Meanwhile responses of this gateway's own memory are used for so long. With [`LOST`] it bounds how long a purge that
/// reaches nobody goes unnoticed: 4 s.
const KEPT: Duration = Duration::from_millis(2_500);

/// How long a writer waits for its purge to be told to the others.
const TELLING: Duration = Duration::from_millis(100);

/// How long a gateway that ends waits for all its purges to be told.
const SETTLING: Duration = Duration::from_secs(1);

/// Responses on their way to Redis at once. Further ones are not worth waiting for.
const PUTS: usize = 256;

/// The second tier as one gateway sees it.
#[derive(Debug)]
pub(crate) struct Shared {
    shelf: Shelf,
    /// The name of this gateway in its notes.
    by: u64,
    history: Mutex<History>,
    step: Mutex<Step>,
    /// What came into this gateway's memory before is not used unasked; milliseconds since 1970.
    trusted_since: AtomicU64,
    untold: Notify,
    told: watch::Sender<u64>,
    puts: Arc<Semaphore>,
    metrics: SharedMetrics,
}

/// Whether this gateway knows what the others purge.
#[derive(Debug, Default)]
struct Step {
    heard: Option<Instant>,
    /// After a loss, until when.
    careful_until: Option<Instant>,
}

impl Step {
    fn is_in_step(&self, now: Instant) -> bool {
        self.heard.is_some_and(|heard| now.duration_since(heard) < LOST)
            && self.careful_until.is_none_or(|until| now >= until)
    }

    /// All notes were read until now.
    fn hear(&mut self, now: Instant) {
        if self.heard.is_some_and(|heard| now.duration_since(heard) >= LOST) {
            self.careful_until = Some(now + GRACE);
        }
        self.heard = Some(now);
    }
}

impl Shared {
    pub(crate) fn new(shelf: Shelf, by: u64, metrics: SharedMetrics) -> Self {
        Self {
            shelf,
            by,
            history: Mutex::default(),
            step: Mutex::default(),
            trusted_since: AtomicU64::new(0),
            untold: Notify::new(),
            told: watch::Sender::new(0),
            puts: Arc::new(Semaphore::new(PUTS)),
            metrics,
        }
    }

    /// How the breakers of the nodes stand.
    pub(crate) fn breakers(&self) -> Vec<BreakerSnapshot> {
        self.shelf.breakers()
    }

    /// Where counts are shared, too.
    pub(crate) fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Whether what others purged is known, so that the second tier may be used.
    pub(crate) fn is_in_step(&self) -> bool {
        self.step().is_in_step(Instant::now()) && self.history().is_known()
    }

    /// What came into memory before this is used only once its upstream has confirmed it.
    pub(super) fn trusted_since(&self) -> Timestamp {
        Timestamp::from_millis(self.trusted_since.load(Ordering::Relaxed))
    }

    /// What is fetched from now on is as new as the notes up to here.
    pub(super) fn stamp(&self) -> Mark {
        self.history().seen()
    }

    /// Notes a purge of this gateway's own; from now on nothing shared that it concerns is used here.
    pub(super) fn pend(&self, purges: Arc<[Purge]>, force: Force) -> u64 {
        self.history().pend(purges, force)
    }

    /// Waits until the others have been told, or for as long as a writer can wait. Telling goes on in either case.
    pub(super) async fn until_told(&self, ticket: u64) {
        if !self.is_told_within(TELLING, ticket).await {
            tracing::debug!("the other gateways learn of a purge later");
        }
    }

    /// Waits until the others have been told of everything, or for as long as a gateway that ends can wait: nobody tells
    /// them afterwards.
    pub(crate) async fn settle(&self) {
        let newest = self.history().newest();
        if !self.is_told_within(SETTLING, newest).await {
            tracing::warn!("the other gateways do not learn of the last purges, for Redis does not take them");
        }
    }

    async fn is_told_within(&self, time: Duration, ticket: u64) -> bool {
        self.untold.notify_one();
        let mut told = self.told.subscribe();
        timeout(time, told.wait_for(|told| *told >= ticket)).await.is_ok()
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn step(&self) -> MutexGuard<'_, Step> {
        self.step.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_is_in_step_while_it_hears_and_some_time_after_it_hears_again() {
        let mut step = Step::default();
        let begun = Instant::now();
        let after = |millis| begun + Duration::from_millis(millis);
        assert!(!step.is_in_step(begun), "it has heard nothing");
        step.hear(begun);
        assert!(step.is_in_step(after(1_400)) && !step.is_in_step(after(1_500)));
        step.hear(after(1_400));
        assert!(step.is_in_step(after(2_800)), "nothing was lost");
        step.hear(after(4_000));
        assert!(!step.is_in_step(after(4_100)), "others may still have to tell");
        step.hear(after(5_000));
        assert!(step.is_in_step(after(6_000)));
    }
}
