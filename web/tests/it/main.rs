//! What the pages promise, asked of them over HTTP, with services that answer as each test wishes.
#![expect(clippy::unwrap_used, reason = "tests say what they expect by failing")]

mod account;
mod bookings;
mod borrowing;
mod browser;
mod caching;
mod editing;
mod escaping;
mod fake;
mod operating;
mod outages;
mod own_data;
mod photos;
mod scenery;
mod sessions;
mod site;
mod things;
mod units;
