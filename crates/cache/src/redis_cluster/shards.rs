use std::collections::HashMap;
use std::time::Duration;

use peer::InvalidSettings;
use peer::breaker::{Breaker, BreakerSettings, BreakerSnapshot};
use redis::{RedisError, RedisResult, Value, from_redis_value};

/// Which primary serves which slots, and the breaker of each.
#[derive(Debug, Default)]
pub(super) struct Shards {
    /// First and last slot, and the breaker of the primary that serves them.
    ranges: Vec<(u16, u16, Breaker)>,
    breakers: HashMap<String, Breaker>,
}

impl Shards {
    /// Reads the answer to CLUSTER SLOTS. A primary that was known before keeps its breaker, with what it has learnt; a
    /// replica that has taken over begins with a closed one.
    pub(super) fn read(slots: Value, before: &Self, seed: u64) -> RedisResult<Self> {
        let mut shards = Self::default();
        for range in from_redis_value::<Vec<Vec<Value>>>(slots)? {
            let mut fields = range.into_iter();
            let (first, last) = (next(&mut fields)?, next(&mut fields)?);
            let mut node = next::<Vec<Value>>(&mut fields)?.into_iter();
            let (host, port): (String, u16) = (next(&mut node)?, next(&mut node)?);
            let name = format!("redis {host}:{port}");
            let breaker = match before.breakers.get(&name).or_else(|| shards.breakers.get(&name)) {
                Some(breaker) => breaker.clone(),
                None => breaker(&name, seed).map_err(|error| RedisError::from(std::io::Error::other(error)))?,
            };
            shards.breakers.insert(name, breaker.clone());
            shards.ranges.push((first, last, breaker));
        }
        Ok(shards)
    }

    /// The breaker of the shard that serves `slot`, if one does.
    pub(super) fn breaker(&self, slot: u16) -> Option<&Breaker> {
        let range = self.ranges.iter().find(|(first, last, _)| (*first..=*last).contains(&slot));
        range.map(|(_, _, breaker)| breaker)
    }

    /// How the breaker of each primary stands.
    pub(super) fn snapshots(&self) -> Vec<BreakerSnapshot> {
        self.breakers.values().map(Breaker::snapshot).collect()
    }
}

fn next<T: redis::FromRedisValue>(fields: &mut impl Iterator<Item = Value>) -> RedisResult<T> {
    Ok(from_redis_value(fields.next().unwrap_or(Value::Nil))?)
}

fn breaker(name: &str, seed: u64) -> Result<Breaker, InvalidSettings> {
    // A cache that is back is asked again quickly: its absence costs the database a read for every key.
    let open = Duration::from_millis(250);
    let settings = BreakerSettings {
        open_first: open,
        open_longest: 8 * open,
        probes: 1,
        slow_start: open,
        ..BreakerSettings::default()
    };
    Breaker::new(name, settings, seed)
}
