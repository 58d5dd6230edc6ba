use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use http::uri::Authority;
use tokio::time::Instant;
use url::Url;

use super::health::Health;
use super::latency::PeakEwma;
use super::snapshot::InstanceSnapshot;
use crate::breaker::millis;

/// The share of its calls that an instance gets right after it was found or has come back.
const FIRST_SHARE: f64 = 0.1;

/// Where an instance answers, and as whom it wants to be addressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Scheme, host and port.
    pub(crate) origin: Url,
    /// Host and port, as requests name them.
    pub(crate) authority: Authority,
    /// The `Host` it expects, where that is not the origin's own: the name it was found by.
    pub(crate) host: Option<HeaderValue>,
}

impl Address {
    /// None for an origin that no request can name.
    pub(crate) fn new(origin: Url, host: Option<HeaderValue>) -> Option<Self> {
        let authority = origin.authority().parse().ok()?;
        Some(Self { origin, authority, host })
    }
}

/// One instance of an upstream: what it costs to call it, and how it is. The numbers that choices rest on are atomics.
pub(crate) struct Instance {
    pub(crate) address: Address,
    began: Instant,
    latency: PeakEwma,
    /// Calls that are not over, bodies of answers included.
    in_flight: AtomicUsize,
    /// Calls that were sent whole and have no answer yet.
    waiting: AtomicUsize,
    /// Milliseconds since `began` when an answer last came, or the first of those waiting was sent.
    moved_ms: AtomicU64,
    /// Milliseconds since `began`, plus one, when it began to warm up; 0 for one that is warm.
    warming_ms: AtomicU64,
    health: Mutex<Health>,
}

impl Instance {
    /// An instance whose latency is taken to be `latency` until it shows its own.
    pub(super) fn new(address: Address, latency: Duration, now: Instant) -> Self {
        Self {
            address,
            began: now,
            latency: PeakEwma::new(latency, now),
            in_flight: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            moved_ms: AtomicU64::new(0),
            warming_ms: AtomicU64::new(0),
            health: Mutex::new(Health::new(now)),
        }
    }

    /// What one more call would cost: latency x calls in flight. An instance that keeps everybody waiting is as slow as
    /// the wait so far, though no answer has said so yet: one that hangs gets no further calls.
    pub(super) fn load(&self, now: Instant) -> f64 {
        let in_flight = u32::try_from(self.in_flight.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
        self.latency_us(now) * (f64::from(in_flight) + 1.0)
    }

    pub(super) fn latency_us(&self, now: Instant) -> f64 {
        let seen = f64::from(self.latency.at(now));
        if self.waiting.load(Ordering::Relaxed) == 0 {
            return seen;
        }
        let stalled_ms = self.millis(now).saturating_sub(self.moved_ms.load(Ordering::Relaxed));
        seen.max(Duration::from_millis(stalled_ms).as_secs_f64() * 1e6)
    }

    /// The part of its full share of calls that it is to get: less than 1 while it warms up.
    pub(super) fn share(&self, slow_start: Duration, now: Instant) -> f64 {
        let Some(since) = self.warming_ms.load(Ordering::Relaxed).checked_sub(1) else { return 1.0 };
        let elapsed = Duration::from_millis(self.millis(now).saturating_sub(since));
        if elapsed >= slow_start {
            self.warming_ms.store(0, Ordering::Relaxed);
            return 1.0;
        }
        FIRST_SHARE + (1.0 - FIRST_SHARE) * elapsed.as_secs_f64() / slow_start.as_secs_f64()
    }

    pub(super) fn warm_up(&self, now: Instant) {
        self.warming_ms.store(self.millis(now) + 1, Ordering::Relaxed);
    }

    /// Notes a call; `waits` when it is sent whole at once, so that silence is the instance's own.
    pub(super) fn began_call(&self, waits: bool, now: Instant) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        if waits && self.waiting.fetch_add(1, Ordering::Relaxed) == 0 {
            self.moved_ms.store(self.millis(now), Ordering::Relaxed);
        }
    }

    /// Notes that a waiting call waits no more; `moved` when that was the instance's doing.
    pub(super) fn stopped_waiting(&self, moved: bool, now: Instant) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        if moved {
            self.moved_ms.store(self.millis(now), Ordering::Relaxed);
        }
    }

    pub(super) fn ended_call(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn latency(&self) -> &PeakEwma {
        &self.latency
    }

    pub(super) fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn snapshot(&self, slow_start: Duration, now: Instant) -> InstanceSnapshot {
        let mut health = self.health();
        let last = health.last();
        InstanceSnapshot {
            address: self.to_string(),
            state: health.state(),
            reason: last.reason,
            in_state_ms: millis(now.saturating_duration_since(last.at)),
            returns_in_ms: health.ejected_until().map(|until| millis(until.saturating_duration_since(now))),
            share: self.share(slow_start, now),
            in_flight: self.in_flight.load(Ordering::Relaxed),
            latency_ms: self.latency_us(now) / 1e3,
            window: health.tally(now),
            streak: health.streak(),
            history: health.history().map(|change| change.seen_at(now)).collect(),
        }
    }

    fn millis(&self, now: Instant) -> u64 {
        millis(now.saturating_duration_since(self.began))
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.address.origin.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instance({self})")
    }
}
