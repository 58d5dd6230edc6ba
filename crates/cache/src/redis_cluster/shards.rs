use std::collections::HashMap;
use std::time::Duration;

use peer::InvalidSettings;
use peer::breaker::{Breaker, BreakerSettings, BreakerSnapshot, Permit};
use redis::{RedisError, RedisResult, Value, from_redis_value};

use super::link::{Role, failure};
use crate::CacheError;

/// Which nodes serve which slots, and the breaker of each.
#[derive(Debug, Default)]
pub(super) struct Shards {
    ranges: Vec<Range>,
    breakers: HashMap<String, Breaker>,
}

/// The slots from `first` to `last`, and the breakers of those who serve them.
#[derive(Debug)]
struct Range {
    first: u16,
    last: u16,
    primary: Breaker,
    /// One for all replicas of the shard, of which the client chooses one.
    replicas: Option<Breaker>,
}

impl Shards {
    /// Reads the answer to CLUSTER SLOTS. A node that was known before keeps its breaker, with what it has learnt; a
    /// replica that has taken over begins with a closed one.
    pub(super) fn read(slots: Value, before: &Self, seed: u64) -> RedisResult<Self> {
        let mut shards = Self::default();
        for range in from_redis_value::<Vec<Vec<Value>>>(slots)? {
            let mut fields = range.into_iter();
            let (first, last) = (next(&mut fields)?, next(&mut fields)?);
            let name = address(&mut fields)?;
            let primary = shards.known_as(format!("redis {name}"), before, seed)?;
            let replicas = match fields.next() {
                Some(_) => Some(shards.known_as(format!("redis replicas of {name}"), before, seed)?),
                None => None,
            };
            shards.ranges.push(Range { first, last, primary, replicas });
        }
        Ok(shards)
    }

    fn known_as(&mut self, name: String, before: &Self, seed: u64) -> RedisResult<Breaker> {
        let breaker = match before.breakers.get(&name).or_else(|| self.breakers.get(&name)) {
            Some(breaker) => breaker.clone(),
            None => breaker(&name, seed).map_err(|error| RedisError::from(std::io::Error::other(error)))?,
        };
        self.breakers.insert(name, breaker.clone());
        Ok(breaker)
    }

    /// The first of `roles` in the shard of `slot` whose breaker admits a call.
    pub(super) fn admit(&self, slot: u16, roles: &[Role]) -> Result<(Role, Permit), CacheError> {
        let range = self.range(slot).ok_or_else(|| failure("no node serves the slot"))?;
        let mut refusal = failure("the shard has no replica");
        for role in roles {
            let breaker = match role {
                Role::Primary => Some(&range.primary),
                Role::Replica => range.replicas.as_ref(),
            };
            match breaker.map(Breaker::try_acquire) {
                Some(Ok(permit)) => return Ok((*role, permit)),
                Some(Err(refused)) => refusal = failure(refused),
                None => {}
            }
        }
        Err(refusal)
    }

    fn range(&self, slot: u16) -> Option<&Range> {
        self.ranges.iter().find(|range| (range.first..=range.last).contains(&slot))
    }

    /// How the breaker of each node stands.
    pub(super) fn snapshots(&self) -> Vec<BreakerSnapshot> {
        self.breakers.values().map(Breaker::snapshot).collect()
    }
}

fn next<T: redis::FromRedisValue>(fields: &mut impl Iterator<Item = Value>) -> RedisResult<T> {
    Ok(from_redis_value(fields.next().unwrap_or(Value::Nil))?)
}

fn address(fields: &mut impl Iterator<Item = Value>) -> RedisResult<String> {
    let mut node = next::<Vec<Value>>(fields)?.into_iter();
    let (host, port): (String, u16) = (next(&mut node)?, next(&mut node)?);
    Ok(format!("{host}:{port}"))
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
