//! What service-kit promises, seen from outside.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests say what they expect by failing")]

mod change_capture;
mod conventions;
mod credential;
mod crew;
mod database;
mod desync;
mod idempotency;
mod primary;
mod serve;
mod shared_caps;
mod slow_bodies;
mod tls;
