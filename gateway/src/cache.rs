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
#[cfg(test)]
mod oracle;
pub(crate) mod policy;
mod purge;
mod range;
mod serve;
mod shared;
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
pub(crate) use shared::{Force, Shared};
pub(crate) use store::Fill;
pub(crate) use time::Timestamp;

use crate::metrics::Metrics;
use entry::Entry;
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
    /// What other gateways share with this one, where there is a Redis Cluster.
    pub(crate) shared: Option<Arc<Shared>>,
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

impl Settings {
    /// Bytes in memory of what is worth sharing under one address.
    fn most_shared(&self) -> usize {
        usize::try_from(self.entry_bytes.saturating_mul(2)).unwrap_or(usize::MAX)
    }
}

impl Cache {
    pub(crate) fn new(
        settings: Settings,
        clock: Clock,
        metrics: Arc<Metrics>,
        shared: Option<Arc<Shared>>,
        seed: u64,
    ) -> Self {
        Self {
            store: Arc::new(Store::new(settings.capacity_bytes, settings.variants)),
            flights: Flights::new(),
            uncacheable: Uncacheable::new(),
            settings,
            clock,
            metrics,
            shared,
            drawn: AtomicU64::new(seed),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::now(&self.clock)
    }

    /// Drops what `purges` name, or makes it stale, here and wherever else it is stored, and says how many addresses were
    /// affected in this process. When it returns no read through this gateway finds any of it; the others have been told,
    /// unless Redis is slow to take it.
    pub(crate) async fn purge(&self, purges: Vec<Purge>, force: Force) -> usize {
        if purges.is_empty() {
            return 0;
        }
        let purges: Arc<[Purge]> = purges.into();
        // Noted before it is done, so that nothing that is dropped here comes back from the second tier.
        let ticket = self.shared.as_ref().map(|shared| (shared, shared.pend(Arc::clone(&purges), force)));
        let affected = purges.iter().map(|purge| self.purge_here(purge.clone(), force)).sum();
        if let Some((shared, ticket)) = ticket {
            shared.until_told(ticket).await;
        }
        affected
    }

    /// The same in this process's memory only.
    fn purge_here(&self, purge: Purge, force: Force) -> usize {
        match force {
            Force::Hard => self.store.purge(purge),
            Force::Soft => self.store.expire(purge, self.now()),
        }
    }

    /// How a stored response may be used for a request that asks so.
    pub(crate) fn reuse(&self, entry: &Entry, asked: &RequestDirectives, now: Timestamp) -> Reuse {
        if self.is_trusted(entry) { entry.freshness.reuse(asked, now) } else { Reuse::AfterValidation }
    }

    /// Whether a stored response may be used although its upstream failed.
    fn may_stand_in(&self, entry: &Entry, now: Timestamp) -> bool {
        // Without knowing what others purged, none is fresh.
        if self.is_trusted(entry) {
            entry.freshness.may_stand_in(now)
        } else {
            entry.freshness.ended(now).may_stand_in(now)
        }
    }

    fn is_trusted(&self, entry: &Entry) -> bool {
        self.shared.as_ref().is_none_or(|shared| entry.since >= shared.trusted_since())
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
