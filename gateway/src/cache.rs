//! A shared HTTP cache: RFC 9111 with stale answers (RFC 5861), groups (RFC 9875), targeted freshness (RFC 9213) and
//! `Cache-Status` (RFC 9211).

mod answer;
mod coding;
mod conditional;
pub(crate) mod directives;
mod entry;
mod fetch;
mod flights;
mod freshness;
mod groups;
mod key;
pub(crate) mod policy;
mod purge;
mod range;
mod serve;
pub(crate) mod status;
mod store;
mod structured;
mod time;
mod uncacheable;
mod vary;
mod writes;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use service_kit::clock::Clock;

pub(crate) use answer::answer;
pub(crate) use directives::RequestDirectives;
pub(crate) use freshness::Reuse;
pub(crate) use key::{Key, KeyRef};
pub(crate) use purge::Purge;
pub(crate) use serve::Ask;
pub(crate) use store::Fill;
pub(crate) use time::Timestamp;

use crate::metrics::Metrics;
use fetch::Landing;
use flights::Flights;
use store::Store;
use uncacheable::Uncacheable;

/// The cache of one gateway.
#[derive(Debug)]
pub(crate) struct Cache {
    pub(crate) store: Arc<Store>,
    flights: Flights<Landing>,
    uncacheable: Uncacheable,
    settings: Settings,
    clock: Clock,
    metrics: Arc<Metrics>,
    /// Picks the jitter of lifetimes.
    drawn: AtomicU64,
}

/// What the operator decides for the whole cache.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) capacity_bytes: u64,
    pub(crate) entry_bytes: u64,
    pub(crate) variants: usize,
    /// The largest share by which a lifetime is shortened.
    pub(crate) jitter: f64,
}

impl Cache {
    pub(crate) fn new(settings: Settings, clock: Clock, metrics: Arc<Metrics>, seed: u64) -> Self {
        Self {
            store: Arc::new(Store::new(settings.capacity_bytes, settings.variants)),
            flights: Flights::new(),
            uncacheable: Uncacheable::new(),
            settings,
            clock,
            metrics,
            drawn: AtomicU64::new(seed),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::now(&self.clock)
    }

    /// Fetches that are under way.
    pub(crate) fn fetches(&self) -> usize {
        self.flights.len()
    }

    /// The share by which the next lifetime is shortened: steps of the golden ratio, which spread more evenly than dice.
    fn jitter(&self) -> f64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let drawn = self.drawn.fetch_add(STEP, Ordering::Relaxed) >> 48;
        let share = f64::from(u16::try_from(drawn).unwrap_or(0)) / f64::from(u16::MAX);
        share * self.settings.jitter
    }
}
