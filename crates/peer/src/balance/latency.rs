use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// What is observed weighs a third as much after this time.
const DECAY: Duration = Duration::from_secs(5);

/// Latencies below this are all the same: what is left is the network's noise.
const LEAST_US: f32 = 50.0;

/// A peak-sensitive moving average of latencies, as Finagle has it: it jumps up to a slow answer at once, and comes down
/// with time and with quick ones. One atomic holds the average and when it was last changed.
#[derive(Debug)]
pub(super) struct PeakEwma {
    began: Instant,
    /// Milliseconds since `began` in the upper half, the average in microseconds as `f32` in the lower.
    packed: AtomicU64,
}

impl PeakEwma {
    pub(super) fn new(initial: Duration, now: Instant) -> Self {
        Self { began: now, packed: AtomicU64::new(pack(0, micros(initial))) }
    }

    /// The average as it has come down until `now`, microseconds.
    pub(super) fn at(&self, now: Instant) -> f32 {
        let (stamp, average) = unpack(self.packed.load(Ordering::Relaxed));
        decayed(average, self.millis(now).wrapping_sub(stamp)).max(LEAST_US)
    }

    /// Takes a latency into the average.
    pub(super) fn observe(&self, latency: Duration, now: Instant) {
        let micros = micros(latency);
        self.change(now, |average, weight| {
            if micros > average * weight { micros } else { average.mul_add(weight, micros * (1.0 - weight)) }
        });
    }

    /// Takes note that an answer would have taken longer than this, had it come.
    pub(super) fn raise(&self, at_least: Duration, now: Instant) {
        let micros = micros(at_least);
        self.change(now, |average, weight| micros.max(average * weight));
    }

    fn change(&self, now: Instant, to: impl Fn(f32, f32) -> f32) {
        let stamp = self.millis(now);
        let step = |packed| {
            let (before, average) = unpack(packed);
            Some(pack(stamp, to(average, decayed(1.0, stamp.wrapping_sub(before)))))
        };
        // It never refuses, so it never fails.
        let _before = self.packed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
    }

    /// Wraps after seven weeks, like the differences that are made of it.
    fn millis(&self, now: Instant) -> u32 {
        let millis = now.saturating_duration_since(self.began).as_millis() & u128::from(u32::MAX);
        u32::try_from(millis).unwrap_or_default()
    }
}

fn micros(time: Duration) -> f32 {
    time.as_secs_f32() * 1e6
}

fn decayed(average: f32, elapsed_ms: u32) -> f32 {
    let elapsed = Duration::from_millis(u64::from(elapsed_ms));
    average * (-elapsed.as_secs_f32() / DECAY.as_secs_f32()).exp()
}

fn pack(stamp_ms: u32, average_us: f32) -> u64 {
    u64::from(stamp_ms) << 32 | u64::from(average_us.to_bits())
}

fn unpack(packed: u64) -> (u32, f32) {
    let half = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).unwrap_or_default();
    (half(packed >> 32), f32::from_bits(half(packed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_jumps_up_at_once_and_comes_down_slowly() {
        let began = Instant::now();
        let average = PeakEwma::new(Duration::from_millis(1), began);
        average.observe(Duration::from_millis(100), began);
        assert!((average.at(began) - 100_000.0).abs() < 1.0);
        let later = began + Duration::from_secs(1);
        average.observe(Duration::from_millis(1), later);
        let now = average.at(later);
        assert!((80_000.0..90_000.0).contains(&now), "{now}");
        let settled = average.at(began + Duration::from_mins(2));
        assert!((settled - LEAST_US).abs() < 0.1, "{settled}");
    }

    #[test]
    fn an_answer_that_did_not_come_only_raises_it() {
        let began = Instant::now();
        let average = PeakEwma::new(Duration::from_millis(10), began);
        average.raise(Duration::from_millis(1), began);
        assert!((average.at(began) - 10_000.0).abs() < 1.0);
        average.raise(Duration::from_millis(500), began);
        assert!((average.at(began) - 500_000.0).abs() < 1.0);
    }
}
