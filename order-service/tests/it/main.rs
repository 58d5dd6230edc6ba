//! What the order service promises, asked of it over HTTP, on both databases, with an inventory and payments that keep
//! count.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests say what they expect by failing")]

mod bad_input;
mod carts;
mod contract;
mod crashes;
mod events;
mod failures;
mod faulty;
mod journey;
mod numbers;
mod orders;
mod repeats;
mod schema;
mod shop;
mod stuck;
