//! What the pages promise, asked of them over HTTP, with services that answer as each test wishes.
#![expect(clippy::unwrap_used, reason = "tests say what they expect by failing")]

mod account;
mod borrowing;
mod caching;
mod editing;
mod escaping;
mod fake;
mod outages;
mod sessions;
mod site;
mod things;
