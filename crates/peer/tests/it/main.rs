//! The breaker on a paused clock, and peers against real servers on ports of their own.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed step is a failed test")]

mod bodies;
mod breaker_defects;
mod breaker_properties;
mod breaker_states;
mod calls;
mod discovery;
mod instances;
mod json;
mod naive;
mod nameserver;
mod recovery;
mod restarts;
mod retries;
mod script;
mod upstream;
