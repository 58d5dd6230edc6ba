use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache as QuickCache;
use tokio::time::Instant;

use crate::stripes::Stripes;
use crate::{Cache, CacheError, FillTicket, Filled};

/// What an entry costs besides its key and value: the map's slot, the queue's links, two headers on the heap.
const OVERHEAD_BYTES: usize = 128;

/// A guess that only sizes the first allocation: a session or a profile as JSON.
const USUAL_ENTRY_BYTES: u64 = 512;

/// Longer times to live are cut to this, a year, to stay within what a clock can hold.
const LONGEST_TTL: Duration = Duration::from_hours(365 * 24);

/// A [`Cache`] in this process's memory, within a bound of bytes; what was asked for least goes first.
#[derive(Debug)]
pub struct InProcess {
    entries: QuickCache<Box<str>, Entry, Weight>,
    stripes: Stripes,
}

#[derive(Clone, Debug)]
struct Entry {
    value: Bytes,
    expires: Instant,
}

#[derive(Clone, Debug)]
struct Weight;

impl Weighter<Box<str>, Entry> for Weight {
    fn weight(&self, key: &Box<str>, entry: &Entry) -> u64 {
        u64::try_from(key.len() + entry.value.len() + OVERHEAD_BYTES).unwrap_or(u64::MAX)
    }
}

impl InProcess {
    /// An empty cache that keeps to about `capacity_bytes`, keys and bookkeeping included.
    pub fn new(capacity_bytes: u64) -> Self {
        let items = usize::try_from(capacity_bytes / USUAL_ENTRY_BYTES).unwrap_or(usize::MAX);
        Self { entries: QuickCache::with_weighter(items, capacity_bytes, Weight), stripes: Stripes::new() }
    }

    /// Bytes in use, as the capacity counts them.
    pub fn used_bytes(&self) -> u64 {
        self.entries.weight()
    }
}

#[async_trait]
impl Cache for InProcess {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError> {
        let now = Instant::now();
        let Some(entry) = self.entries.get(key) else { return Ok(None) };
        if now < entry.expires {
            return Ok(Some(entry.value));
        }
        self.entries.remove_if(key, |entry| entry.expires <= now);
        Ok(None)
    }

    async fn begin_fill(&self, key: &str) -> Result<FillTicket, CacheError> {
        let stamp = *self.stripes.lock(key);
        Ok(FillTicket { key: Box::from(key), stamp })
    }

    async fn fill(&self, ticket: FillTicket, value: Bytes, ttl: Duration) -> Result<Filled, CacheError> {
        let FillTicket { key, stamp } = ticket;
        let current = self.stripes.lock(&key);
        if *current != stamp {
            return Ok(Filled::Outdated);
        }
        // Still under the lock: an invalidation that comes now waits, and then removes what is stored here.
        self.entries.insert(key, Entry { value, expires: Instant::now() + ttl.min(LONGEST_TTL) });
        Ok(Filled::Stored)
    }

    async fn invalidate(&self, key: &str) -> Result<(), CacheError> {
        let mut generation = self.stripes.lock(key);
        *generation = generation.wrapping_add(1);
        self.entries.remove(key);
        Ok(())
    }
}
