//! One cache for values that can be read again from where they came. It promises that an entry never outlives its time
//! to live, and that a fill which began before an invalidation never lands after it: what was revoked stays revoked,
//! however slow the reader was. [`InProcess`] holds entries within a bound of bytes; [`RedisCluster`] shares them between
//! instances. [`Shelf`] is for those who judge themselves whether a value is still good.

mod in_process;
mod redis_cluster;
mod stripes;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

pub use in_process::InProcess;
pub use redis_cluster::{
    Confirmed, InvalidMark, InvalidRedisSettings, Mark, Notes, RedisCluster, RedisSettings, Shelf, Written,
};

/// Values by key, each for a limited time. There is no plain `put`: a value read before an invalidation must not be
/// stored after it, so every write names the moment its reading began.
///
/// The order that keeps this safe: [`begin_fill`](Cache::begin_fill), then read the source, then
/// [`fill`](Cache::fill). A writer changes the source first and calls [`invalidate`](Cache::invalidate) after it.
#[async_trait]
pub trait Cache: Send + Sync + fmt::Debug {
    /// The value, unless it is absent or has expired.
    async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError>;

    /// Notes that the value of `key` is about to be read from its source.
    async fn begin_fill(&self, key: &str) -> Result<FillTicket, CacheError>;

    /// Stores what was read since `ticket` for `ttl`, unless `key` was invalidated in between.
    async fn fill(&self, ticket: FillTicket, value: Bytes, ttl: Duration) -> Result<Filled, CacheError>;

    /// Removes `key`, and makes every fill begun before now void. It has happened everywhere when this returns.
    async fn invalidate(&self, key: &str) -> Result<(), CacheError>;
}

/// The right to fill one key once, for as long as nobody invalidates it.
#[derive(Debug)]
#[must_use = "a ticket that is not used stores nothing"]
pub struct FillTicket {
    key: Box<str>,
    stamp: u64,
}

/// What became of a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// The value is there for the next reader, room permitting.
    Stored,
    /// The key was invalidated since the ticket was given; the value may be outdated and was not kept.
    Outdated,
}

/// The cache cannot be asked; its user goes to the source.
#[derive(Debug, thiserror::Error)]
#[error("the cache cannot be reached")]
pub struct CacheError {
    #[from]
    source: Box<dyn std::error::Error + Send + Sync>,
}
