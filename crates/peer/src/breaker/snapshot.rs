use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::Tally;
use super::controller::Transition;

/// A breaker's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Calls pass.
    Closed,
    /// Calls are refused.
    Open,
    /// A few calls pass, to find out whether the upstream is back.
    HalfOpen,
}

/// Why a breaker is in its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// The process began with it.
    Started,
    /// Too large a share of calls failed or was throttled.
    FailureRate { calls: u32, failures: u32 },
    /// Too large a share of calls was slow.
    SlowRate { calls: u32, slow: u32 },
    /// Too many failures in a row.
    Streak { failures: u32 },
    /// A probe failed.
    ProbeFailed,
    /// It was open for long enough to try again.
    OpenTimeOver,
    /// The probes ended well.
    ProbesSucceeded,
}

/// A breaker at one moment, for `/ops/breakers`. Times are relative to that moment.
#[derive(Clone, Debug, Serialize)]
pub struct BreakerSnapshot {
    /// The upstream.
    pub name: Arc<str>,
    pub state: BreakerState,
    pub reason: Reason,
    /// How long the state has lasted.
    pub in_state_ms: u64,
    /// When open: until the next try.
    pub retry_after_ms: Option<u64>,
    /// Whether only a growing share of calls is admitted, after a recovery.
    pub slow_start: bool,
    /// Closed: the last ten seconds. Half open: the probes.
    pub window: Tally,
    /// Failures since the last success.
    pub streak: u32,
    /// Calls refused since the process began.
    pub refused_total: u64,
    /// The last transitions, oldest first.
    pub history: Vec<TransitionSnapshot>,
}

/// One change of state.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TransitionSnapshot {
    pub from: BreakerState,
    pub to: BreakerState,
    pub reason: Reason,
    pub ago_ms: u64,
}

impl Transition {
    pub(super) fn seen_at(&self, now: Instant) -> TransitionSnapshot {
        let Self { from, to, reason, at } = *self;
        TransitionSnapshot { from, to, reason, ago_ms: millis(now.saturating_duration_since(at)) }
    }
}

pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
