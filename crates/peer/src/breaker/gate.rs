use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use circuitbreaker_rs::{BreakerBuilder, CircuitBreaker, DefaultPolicy, State};

/// `circuitbreaker-rs` as nothing but a switch. Its own reasons to open are out of reach (an error rate cannot be 2.0),
/// and its cooldown never ends, so its half-open code, where cancelled probes wedge it and the probe counter wraps, is
/// never entered: the controller alone opens and closes it.
pub(super) struct Gate(CircuitBreaker<DefaultPolicy, Infallible>);

impl Gate {
    pub(super) fn new() -> Self {
        let gate = BreakerBuilder::new().failure_threshold(2.0).consecutive_failures(u64::MAX).cooldown(Duration::MAX);
        Self(gate.build())
    }

    /// Whether calls pass freely: one atomic load.
    pub(super) fn is_closed(&self) -> bool {
        self.0.current_state() == State::Closed
    }

    pub(super) fn set_closed(&self, closed: bool) {
        let _changed = if closed { self.0.force_closed() } else { self.0.force_open() };
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gate").field(&self.0.current_state()).finish()
    }
}
