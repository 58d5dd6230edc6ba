use std::sync::atomic::{AtomicU64, Ordering};

/// What one retry costs; a call pays in as many units as its percentage.
const PRICE: u64 = 100;

/// At most this many retries are saved up, so that a long calm does not pay for a storm.
const MOST_SAVED: u64 = 10 * PRICE;

/// A token bucket that keeps retries to a percentage of calls.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    saved: AtomicU64,
    per_call: u64,
}

impl RetryBudget {
    /// An empty bucket: the first calls of a process earn the first retry.
    pub(crate) fn new(percent: u32) -> Self {
        Self { saved: AtomicU64::new(0), per_call: u64::from(percent) }
    }

    /// Notes a call (not a retry).
    pub(crate) fn deposit(&self) {
        self.change(|saved| Some((saved + self.per_call).min(MOST_SAVED)));
    }

    /// Pays for one retry; `false` if there is not enough.
    pub(crate) fn withdraw(&self) -> bool {
        self.change(|saved| saved.checked_sub(PRICE))
    }

    fn change(&self, to: impl FnMut(u64) -> Option<u64>) -> bool {
        self.saved.fetch_update(Ordering::Relaxed, Ordering::Relaxed, to).is_ok()
    }
}
