mod keys;
mod link;
mod notes;
mod pending;
mod settings;
mod shards;
mod shelf;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use peer::breaker::BreakerSnapshot;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use redis::{FromRedisValue, Pipeline, Value};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::{Cache, CacheError, FillTicket, Filled};
use keys::Keys;
use link::{Asks, Lane, Link, failure};
use pending::Pending;

pub use notes::{Confirmed, InvalidMark, Mark, Notes, Written};
pub use settings::{InvalidRedisSettings, RedisSettings};
pub use shelf::Shelf;

/// How long a reader may take between its ticket and its fill.
const LEASE: Duration = Duration::from_secs(30);

/// Between two tries of an invalidation.
const PAUSE: Duration = Duration::from_millis(50);

/// Stores the value if the lease is still the one that was given.
const FILL: &str = "if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end \
                    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1";

/// A [`Cache`] that instances share, in a Redis Cluster of version 7 or newer.
///
/// A ticket is a lease (Nishtala et al., Scaling Memcache at Facebook, §3.2.1): a number beside the value which an
/// invalidation removes and without which no fill lands. A lease that is lost, evicted or expired only loses a fill.
///
/// Only primaries are read. An invalidation has happened once a replica has it too, so that a failover does not undo it;
/// a primary that has no replica answers for itself. One that fails is tried again for as long as an older value
/// may be there, and its key is read as absent by this instance meanwhile.
#[derive(Debug)]
pub struct RedisCluster {
    shared: Arc<Shared>,
    tasks: [JoinHandle<()>; 2],
}

#[derive(Debug)]
struct Shared {
    settings: RedisSettings,
    link: Link,
    pending: Pending,
    stamps: Mutex<SmallRng>,
}

impl RedisCluster {
    /// A client of the cluster. It need not be reachable: until it is, every call fails quickly, and connecting goes on in
    /// the background. `seed` must differ between instances; leases are drawn from it.
    ///
    /// # Errors
    /// When the settings cannot be meant.
    pub async fn connect(settings: RedisSettings, seed: u64) -> Result<Self, InvalidRedisSettings> {
        settings.check()?;
        let link = Link::new(&settings, Asks::Primaries, seed)?;
        if let Err(error) = link.renew().await {
            tracing::warn!(error = ?error, "the Redis Cluster cannot be reached yet");
            link.seek();
        }
        let stamps = Mutex::new(SmallRng::seed_from_u64(seed));
        let shared = Arc::new(Shared { settings, link, pending: Pending::default(), stamps });
        let (keeping, retrying) = (Arc::clone(&shared), Arc::clone(&shared));
        let tasks = [
            tokio::spawn(async move { keeping.link.keep().await }),
            tokio::spawn(async move { retrying.finish_invalidations().await }),
        ];
        Ok(Self { shared, tasks })
    }

    /// How the breaker of each shard stands, for `/ops/breakers`.
    pub fn breakers(&self) -> Vec<BreakerSnapshot> {
        self.shared.link.breakers()
    }
}

impl Drop for RedisCluster {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

#[async_trait]
impl Cache for RedisCluster {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError> {
        if self.shared.pending.contains(key) {
            return Ok(None);
        }
        let keys = self.shared.keys(key);
        let mut commands = Pipeline::new();
        commands.cmd("GET").arg(&keys.value);
        let value: Option<Vec<u8>> = self.shared.first(keys.slot, commands).await?;
        // An invalidation that began while Redis was asked counts all the same.
        Ok(value.filter(|_| !self.shared.pending.contains(key)).map(Bytes::from))
    }

    async fn begin_fill(&self, key: &str) -> Result<FillTicket, CacheError> {
        let keys = self.shared.keys(key);
        let offered: u64 = self.shared.stamps.lock().unwrap_or_else(PoisonError::into_inner).random();
        let mut commands = Pipeline::new();
        commands.cmd("SET").arg(&keys.lease).arg(offered).arg("NX").arg("GET").arg("PX").arg(millis(LEASE));
        let held: Option<u64> = self.shared.first(keys.slot, commands).await?;
        Ok(FillTicket { key: Box::from(key), stamp: held.unwrap_or(offered) })
    }

    async fn fill(&self, ticket: FillTicket, value: Bytes, ttl: Duration) -> Result<Filled, CacheError> {
        let keys = self.shared.keys(&ticket.key);
        let mut commands = Pipeline::new();
        commands.cmd("EVAL").arg(FILL).arg(2).arg(&keys.value).arg(&keys.lease);
        commands.arg(ticket.stamp).arg(value.as_ref()).arg(millis(ttl.min(self.shared.settings.longest_ttl)));
        let stored: bool = self.shared.first(keys.slot, commands).await?;
        Ok(if stored { Filled::Stored } else { Filled::Outdated })
    }

    async fn invalidate(&self, key: &str) -> Result<(), CacheError> {
        let shared = &self.shared;
        // Noted first: should this future be dropped, the key still is not forgotten.
        let mark = shared.pending.begin(key, shared.settings.longest_ttl);
        let began = Instant::now();
        loop {
            match shared.remove(key).await {
                Ok(()) => {
                    shared.pending.finish(key, mark);
                    return Ok(());
                }
                Err(error) if began.elapsed() >= shared.settings.invalidation_deadline => return Err(error),
                Err(_) => sleep(PAUSE).await,
            }
        }
    }
}

impl Shared {
    fn keys(&self, key: &str) -> Keys {
        Keys::of(&self.settings.namespace, key)
    }

    async fn first<T: FromRedisValue>(&self, slot: u16, commands: Pipeline) -> Result<T, CacheError> {
        first(self.link.run(Lane::Quick, slot, commands).await?)
    }

    /// Removes value and lease, and sees to it that a failover does not bring them back.
    async fn remove(&self, key: &str) -> Result<(), CacheError> {
        let keys = self.keys(key);
        let mut removal = Pipeline::new();
        removal.cmd("DEL").arg(&keys.value).arg(&keys.lease);
        removal.cmd("WAIT").arg(1).arg(millis(self.settings.response_timeout / 2));
        removal.cmd("INFO").arg("replication");
        let mut answers = self.link.run(Lane::Waiting, keys.slot, removal).await?.into_iter().skip(1);
        let replicas: u64 = first(answers.next())?;
        let state: String = first(answers.next())?;
        if replicas > 0 || state.contains("connected_slaves:0\r") {
            return Ok(());
        }
        Err(failure("the replica has not confirmed"))
    }

    async fn finish_invalidations(&self) {
        loop {
            sleep(PAUSE).await;
            for (key, mark) in self.pending.unfinished(self.settings.longest_ttl) {
                if self.remove(&key).await.is_ok() {
                    self.pending.finish(&key, mark);
                }
            }
        }
    }
}

fn first<T: FromRedisValue>(answers: impl IntoIterator<Item = Value>) -> Result<T, CacheError> {
    redis::from_redis_value(answers.into_iter().next().unwrap_or(Value::Nil)).map_err(failure)
}

/// Whole milliseconds, at least one: Redis takes no other time.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}
