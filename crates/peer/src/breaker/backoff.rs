use std::time::Duration;

use rand::RngExt;
use rand::rngs::SmallRng;

use super::BreakerSettings;

/// How long the breaker stays open: twice as long each time in a row, jittered so that many callers of one upstream do not
/// all probe it at the same moment.
#[derive(Debug)]
pub(super) struct Backoff {
    in_a_row: u32,
    rng: SmallRng,
}

impl Backoff {
    pub(super) fn new(rng: SmallRng) -> Self {
        Self { in_a_row: 0, rng }
    }

    /// The next open time: between a half and the whole of the doubled one.
    pub(super) fn next(&mut self, settings: &BreakerSettings) -> Duration {
        let factor = 2u32.saturating_pow(self.in_a_row);
        self.in_a_row = self.in_a_row.saturating_add(1);
        let whole = settings.open_first.saturating_mul(factor).min(settings.open_longest);
        whole.mul_f64(self.rng.random_range(0.5..=1.0))
    }

    /// Begins again with the first open time.
    pub(super) fn reset(&mut self) {
        self.in_a_row = 0;
    }
}
