//! What the outbox, the relay, the feed and the inbox promise together, on both databases and on both buses.
#![expect(clippy::unwrap_used, reason = "tests say what they expect by failing")]

mod consumers;
mod failures;
mod feed;
mod nats;
mod numbering;
mod store;
mod tail;
