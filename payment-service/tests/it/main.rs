//! What payments promise, asked of them over HTTP, on both databases.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests say what they expect by failing")]

mod authorising;
mod checking;
mod compensations;
mod contract;
mod desk;
mod ledger;
mod operations;
mod payments;
mod schedules;
mod schema;
mod stripe;
mod told;
