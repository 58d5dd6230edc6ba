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

    /// Whether a retry could be paid for now.
    pub(crate) fn suffices(&self) -> bool {
        self.saved.load(Ordering::Relaxed) >= PRICE
    }

    /// Pays for one retry; `false` if there is not enough.
    pub(crate) fn withdraw(&self) -> bool {
        self.change(|saved| saved.checked_sub(PRICE))
    }

    fn change(&self, to: impl FnMut(u64) -> Option<u64>) -> bool {
        self.saved.fetch_update(Ordering::Relaxed, Ordering::Relaxed, to).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn retries_never_exceed_their_share_of_calls(percent in 0u32..=20, story in prop::collection::vec(any::<bool>(), 0..500)) {
            let budget = RetryBudget::new(percent);
            let (mut calls, mut retries) = (0, 0);
            for is_call in story {
                if is_call {
                    budget.deposit();
                    calls += 1;
                } else if budget.withdraw() {
                    retries += 1;
                }
                prop_assert!(retries * 100 <= calls * percent);
            }
        }
    }

    #[test]
    fn a_long_calm_does_not_pay_for_a_storm() {
        let budget = RetryBudget::new(20);
        (0..1_000_000).for_each(|_| budget.deposit());
        assert_eq!((0..100).filter(|_| budget.withdraw()).count(), 10);
    }
}
