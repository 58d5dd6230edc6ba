//! A circuit breaker: it stops calls to an upstream that fails, and finds out gently when it is back.
//!
//! `circuitbreaker-rs` is the gate, and only that; the controller here decides when it opens and closes. Rates are
//! over the last ten seconds, not a lifetime; open times double and are jittered; half open, a fixed number of permits
//! exists, each of which returns by being dropped, whatever becomes of its call; outcomes of calls admitted before the
//! last transition are not heard; after closing, load comes back slowly.

mod backoff;
mod controller;
mod gate;
mod permit;
mod probes;
mod settings;
mod slow_start;
mod snapshot;
mod tally;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::InvalidSettings;
use controller::{Controller, Grant, Transition};
use gate::Gate;

pub(crate) use snapshot::millis;
pub(crate) use tally::Window;

pub use permit::Permit;
pub use settings::BreakerSettings;
pub use snapshot::{BreakerSnapshot, BreakerState, Reason, TransitionSnapshot};
pub use tally::Tally;

/// What a call showed about the upstream. A client's hang-up, or load shed before the call, shows nothing: drop the
/// [`Permit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It answered, be it with a 4xx.
    Success,
    /// It answered 429 (RFC 6585 §4): alive, so no part of a streak, but part of the failure rate.
    Throttled,
    /// No connection, a reset, a timeout, a 5xx.
    Failure,
    /// The same of one instance, while others of the upstream are well: no part of a streak, but part of the failure rate.
    PartialFailure,
}

/// A refused call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the circuit breaker is open")]
pub struct Refused {
    /// How long to stay away.
    pub retry_after: Duration,
}

/// What the rates are made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) verdict: Verdict,
    pub(crate) slow: bool,
}

/// Guards the calls to one upstream. Clones share the state.
#[derive(Clone, Debug)]
pub struct Breaker {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    name: Arc<str>,
    slow_after: Duration,
    gate: Gate,
    /// Copies of the controller's, so that a call through a closed breaker takes no lock to get in.
    epoch: AtomicU64,
    slow_start: AtomicBool,
    refused_total: AtomicU64,
    controller: Mutex<Controller>,
}

impl Breaker {
    /// A closed breaker for the upstream `name`; `seed` feeds the jitter of its open times.
    ///
    /// # Errors
    /// When the settings contradict themselves.
    pub fn new(name: &str, settings: BreakerSettings, seed: u64) -> Result<Self, InvalidSettings> {
        settings.check(name)?;
        let shared = Shared {
            name: Arc::from(name),
            slow_after: settings.slow_after,
            gate: Gate::new(),
            epoch: AtomicU64::new(0),
            slow_start: AtomicBool::new(false),
            refused_total: AtomicU64::new(0),
            controller: Mutex::new(Controller::new(settings, seed, Instant::now())),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Admits a call, or refuses it at once. Never waits.
    ///
    /// # Errors
    /// [`Refused`] while open, while all probes are out, and for the share a slow start holds back.
    pub fn try_acquire(&self) -> Result<Permit, Refused> {
        let now = Instant::now();
        // The epoch first: should the breaker turn between the two loads, the permit is of the past and not heard.
        let epoch = self.shared.epoch.load(Ordering::Acquire);
        if self.shared.gate.is_closed() && !self.shared.slow_start.load(Ordering::Acquire) {
            return Ok(Permit::new(self.clone(), Grant { epoch, probe: None }, now));
        }
        match self.control(|controller| controller.admit(now)) {
            Ok(grant) => Ok(Permit::new(self.clone(), grant, now)),
            Err(retry_after) => {
                self.shared.refused_total.fetch_add(1, Ordering::Relaxed);
                Err(Refused { retry_after })
            }
        }
    }

    /// The present state.
    pub fn state(&self) -> BreakerState {
        self.control(|controller| controller.last_transition().to)
    }

    /// Everything an operator wants to see.
    pub fn snapshot(&self) -> BreakerSnapshot {
        let now = Instant::now();
        self.control(|controller| {
            let (window, streak) = controller.counts(now);
            let last = controller.last_transition();
            BreakerSnapshot {
                name: Arc::clone(&self.shared.name),
                state: last.to,
                reason: last.reason,
                in_state_ms: millis(now.saturating_duration_since(last.at)),
                retry_after_ms: controller.open_for(now).map(millis),
                slow_start: controller.is_slow_starting(),
                window,
                streak,
                refused_total: self.shared.refused_total.load(Ordering::Relaxed),
                history: controller.history().map(|turn| turn.seen_at(now)).collect(),
            }
        })
    }

    fn record(&self, grant: Grant, verdict: Verdict, latency: Duration) {
        let outcome = Outcome { verdict, slow: latency >= self.shared.slow_after };
        self.control(|controller| controller.record(grant, outcome, Instant::now()));
    }

    fn answered(&self, grant: Grant, latency: Duration) {
        let slow = latency >= self.shared.slow_after;
        self.control(|controller| controller.answered(grant, slow));
    }

    fn abandon(&self, grant: Grant) {
        self.control(|controller| controller.abandon(grant));
    }

    /// Runs `step` alone, then brings the gate and the lock-free copies in line with what it decided. The lock is held for
    /// some arithmetic, never across a call.
    fn control<T>(&self, step: impl FnOnce(&mut Controller) -> T) -> T {
        let shared = &*self.shared;
        let mut controller = shared.controller.lock().unwrap_or_else(PoisonError::into_inner);
        let before = controller.epoch();
        let result = step(&mut controller);
        shared.slow_start.store(controller.is_slow_starting(), Ordering::Release);
        let turned = (controller.epoch() != before).then(|| {
            shared.epoch.store(controller.epoch(), Ordering::Release);
            let last = controller.last_transition();
            shared.gate.set_closed(last.to == BreakerState::Closed);
            last
        });
        drop(controller);
        if let Some(transition) = turned {
            self.log(transition);
        }
        result
    }

    fn log(&self, transition: Transition) {
        let Transition { from, to, reason, .. } = transition;
        let upstream = &*self.shared.name;
        if to == BreakerState::Open {
            tracing::warn!(upstream, ?from, ?to, ?reason, "circuit breaker opened");
        } else {
            tracing::info!(upstream, ?from, ?to, ?reason, "circuit breaker turned");
        }
    }
}
