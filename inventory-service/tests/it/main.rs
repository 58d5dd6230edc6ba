//! What the inventory promises, asked of it over HTTP, on both databases.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests say what they expect by failing")]

mod availability;
mod bad_input;
mod batches;
mod categories;
mod contract;
mod conventions;
mod events;
mod exports;
mod failover;
mod finding;
mod freshness;
mod hang_up;
mod history;
mod idempotency;
mod imports;
mod inventory;
mod items;
mod lost_updates;
mod outage;
mod overlaps;
mod ownership;
mod pages;
mod photos;
mod reservations;
mod sales;
mod schema;
mod search;
mod soak;
mod units;
mod wire;
