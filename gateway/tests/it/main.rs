//! The gateway between real clients and real upstreams, all on ports of their own.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod breaker;
mod caching;
mod collapsing;
mod compression;
mod cors;
mod credentials;
mod doubts;
mod events;
mod hang_ups;
mod hygiene;
mod invalidation;
mod metrics;
mod ops;
mod pages;
mod ranges;
mod rates;
mod redis_faults;
mod redis_soak;
mod refusals;
mod shared;
mod shutdown;
mod smuggling;
mod stale;
mod support;
mod targets;
mod threads;
mod tls;
mod traces;
mod variants;
