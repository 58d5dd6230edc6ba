//! Counts that all gateways keep together, so that a limit holds for a client however many of them it asks.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cache::Shelf;
use futures_util::future::join_all;
use service_kit::clock::Clock;
use tokio::time::interval;

/// Requests are counted in windows of this length, the same for all gateways by the clock.
const WINDOW: Duration = Duration::from_secs(60);

/// How often gateways tell each other. A client may get that much more than its limit.
const TELLING: Duration = Duration::from_millis(200);

/// Clients that are counted together; further ones have only the limit of each gateway.
const MOST: usize = 100_000;

/// Counts that are told at once.
const BATCH: usize = 256;

/// Requests of each client in the present window, here and elsewhere. Nobody waits for Redis: what others counted is
/// learnt beside the requests, and without Redis each gateway counts for itself.
#[derive(Debug)]
pub(super) struct Together {
    clock: Clock,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    window: u64,
    of: HashMap<Box<str>, Count>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    here: u64,
    /// How many of those here the others know of.
    told: u64,
    elsewhere: u64,
}

impl Together {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, counts: Mutex::default() }
    }

    /// Counts a request, and says how many are left of `most`.
    ///
    /// # Errors
    /// With the time until the window ends when none is.
    pub(super) fn take(&self, client: &str, most: u32) -> Result<u32, Duration> {
        let (window, left_of_window) = self.window();
        let mut counts = self.counts(window);
        if !counts.of.contains_key(client) {
            if counts.of.len() >= MOST {
                return Ok(most);
            }
            counts.of.insert(Box::from(client), Count::default());
        }
        let Some(count) = counts.of.get_mut(client) else { return Ok(most) };
        let taken = count.here + count.elsewhere;
        if taken >= u64::from(most) {
            return Err(left_of_window);
        }
        count.here += 1;
        Ok(most - u32::try_from(taken + 1).unwrap_or(most))
    }

    /// Tells the others and learns from them, for as long as it is polled.
    pub(super) async fn keep_telling(&self, shelf: &Shelf) {
        let mut every = interval(TELLING);
        loop {
            every.tick().await;
            let (window, _) = self.window();
            let untold = self.untold(window);
            for batch in untold.chunks(BATCH) {
                join_all(batch.iter().map(|(client, here)| self.tell(shelf, window, client, *here))).await;
            }
        }
    }

    async fn tell(&self, shelf: &Shelf, window: u64, client: &str, untold: u64) {
        let told = shelf.add(&format!("rate:{window}:{client}"), untold, 2 * WINDOW).await;
        let mut counts = self.counts(window);
        // Another window may have begun meanwhile.
        let is_present = counts.window == window;
        let Some(count) = counts.of.get_mut(client).filter(|_| is_present) else { return };
        match told {
            Ok(all) => {
                count.told += untold;
                count.elsewhere = all.saturating_sub(count.told);
            }
            Err(error) => tracing::debug!(error = ?error, "other gateways do not learn of a count"),
        }
    }

    /// Those with something to tell.
    fn untold(&self, window: u64) -> Vec<(Box<str>, u64)> {
        let counts = self.counts(window);
        let untold = counts.of.iter().map(|(client, count)| (client, count.here - count.told));
        untold.filter(|(_, untold)| *untold > 0).map(|(client, untold)| (client.clone(), untold)).collect()
    }

    /// The number of the present window, and what is left of it.
    fn window(&self) -> (u64, Duration) {
        let now = u64::try_from(self.clock.now().timestamp_millis()).unwrap_or(0);
        let length = u64::try_from(WINDOW.as_millis()).unwrap_or(u64::MAX);
        (now / length, Duration::from_millis(length - now % length))
    }

    /// The counts of this window; those of an earlier one are forgotten.
    fn counts(&self, window: u64) -> MutexGuard<'_, Counts> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.window < window {
            *counts = Counts { window, of: HashMap::new() };
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_counted_counts_until_the_window_ends() {
        let (clock, hands) = Clock::manual("2026-01-01T00:00:50Z".parse().unwrap());
        let together = Together::new(clock);
        assert_eq!((together.take("a", 3), together.take("a", 3)), (Ok(2), Ok(1)));
        let (window, _) = together.window();
        assert_eq!(together.untold(window), [("a".into(), 2)]);
        together.counts(window).of.get_mut("a").unwrap().elsewhere = 1;
        assert_eq!(together.take("a", 3), Err(Duration::from_secs(10)));
        assert_eq!(together.take("b", 3), Ok(2), "another client has a limit of its own");
        hands.advance(Duration::from_secs(10));
        assert_eq!(together.take("a", 3), Ok(2));
    }
}
