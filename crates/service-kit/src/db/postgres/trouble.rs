use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// A connection that was in use so recently is not asked before it is used again: to ask is a round trip, and the servers
/// are watched anyway.
const FRESH: Duration = Duration::from_secs(1);

/// When something was last wrong with a connection, after which none that was idle then is trusted unasked.
#[derive(Debug)]
pub(super) struct Trouble {
    epoch: Instant,
    /// Milliseconds after the epoch, rounded up; 0 for never.
    last_ms: AtomicU64,
    noted: Notify,
}

impl Trouble {
    pub(super) fn none() -> Self {
        Self { epoch: Instant::now(), last_ms: AtomicU64::new(0), noted: Notify::new() }
    }

    /// A connection was broken, or its server takes no writes any more.
    pub(super) fn note(&self) {
        self.last_ms.fetch_max(self.now_ms() + 1, Ordering::Relaxed);
        self.noted.notify_one();
    }

    /// Returns as soon as trouble is noted that nobody was told of.
    pub(super) async fn noted(&self) {
        self.noted.notified().await;
    }

    /// Whether a connection that was idle for so long has to be asked before it is used.
    pub(super) fn concerns(&self, idle: Duration) -> bool {
        idle >= FRESH || self.now_ms().saturating_sub(millis(idle) + 1) < self.last_ms.load(Ordering::Relaxed)
    }

    fn now_ms(&self) -> u64 {
        millis(self.epoch.elapsed())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_asked_when_it_has_long_been_idle_or_was_so_at_the_last_trouble() {
        let trouble = Trouble::none();
        advance(Duration::from_secs(100)).await;
        assert!(!trouble.concerns(Duration::from_millis(999)));
        assert!(trouble.concerns(Duration::from_secs(1)));

        trouble.note();
        trouble.noted().await;
        assert!(trouble.concerns(Duration::ZERO), "it may have come back in the same millisecond");
        advance(Duration::from_millis(500)).await;
        assert!(trouble.concerns(Duration::from_millis(500)));
        assert!(trouble.concerns(Duration::from_millis(600)));
        assert!(!trouble.concerns(Duration::from_millis(400)), "it was in use since");
    }
}
