//! What a simulation does to a platform and says of it, beside a platform that keeps count.
#![expect(clippy::unwrap_used, reason = "tests say what they expect by failing")]

mod counting;
mod crowds;
mod refusals;
