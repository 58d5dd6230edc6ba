use std::sync::Arc;

use serde::Serialize;
use tokio::time::Instant;

use super::health::{Change, InstanceReason, InstanceState};
use crate::breaker::{BreakerState, Tally, millis};

/// An upstream at one moment, for `/ops/upstreams`. Times are relative to that moment.
#[derive(Clone, Debug, Serialize)]
pub struct UpstreamSnapshot {
    pub name: Arc<str>,
    pub breaker: BreakerState,
    /// Whether calls are made at all at the moment.
    pub called: bool,
    /// Whether so few instances are well that all of them get calls.
    pub panic: bool,
    /// Attempts made since the process began, and those of them that were another one of the same call.
    pub attempts_total: u64,
    pub repeated_total: u64,
    pub instances: Vec<InstanceSnapshot>,
}

/// One instance of an upstream at one moment.
#[derive(Clone, Debug, Serialize)]
pub struct InstanceSnapshot {
    /// Scheme, host and port.
    pub address: String,
    pub state: InstanceState,
    pub reason: InstanceReason,
    /// How long the state has lasted.
    pub in_state_ms: u64,
    /// When ejected: until it is tried again.
    pub returns_in_ms: Option<u64>,
    /// The part of its full share of calls that it gets: below 1 while it warms up.
    pub share: f64,
    /// Calls that are not over.
    pub in_flight: usize,
    /// What an answer is expected to take, peaks first.
    pub latency_ms: f64,
    /// The calls of the last ten seconds.
    pub window: Tally,
    /// Failures since the last success.
    pub streak: u32,
    /// The last changes, oldest first.
    pub history: Vec<InstanceChange>,
}

/// One change of an instance's state.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct InstanceChange {
    pub to: InstanceState,
    pub reason: InstanceReason,
    pub ago_ms: u64,
}

impl Change {
    pub(super) fn seen_at(&self, now: Instant) -> InstanceChange {
        let Self { to, reason, at } = *self;
        InstanceChange { to, reason, ago_ms: millis(now.saturating_duration_since(at)) }
    }
}
