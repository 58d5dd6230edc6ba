use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use peer::breaker::BreakerSnapshot;
use redis::{Pipeline, Value};
use tokio::task::JoinHandle;

use super::keys::Keys;
use super::link::{Asks, Lane, Link, failure};
use super::notes::{Confirmed, Entry, Notebook, Notes, Written};
use super::{InvalidRedisSettings, Mark, RedisSettings, first, millis};
use crate::CacheError;

/// Where instances put values for each other, in a Redis Cluster of version 7 or newer, and tell each other what to take
/// from it no longer.
///
/// A value is there until its time to live ends, Redis needs the room, or another one takes its place; nothing else removes
/// it. Replicas are read when a primary fails, so that a value may also be an earlier one. Whoever takes a value judges
/// by the [notes](Self::notes_after) whether it is still good: each begins with the [`Mark`] up to which its maker knew them.
#[derive(Debug)]
pub struct Shelf {
    link: Arc<Link>,
    /// With timeouts for somebody who waits for notes.
    listening: Arc<Link>,
    notebook: Notebook,
    settings: RedisSettings,
    tasks: [JoinHandle<()>; 2],
}

impl Shelf {
    /// A client of the cluster. It need not be reachable: until it is, every call fails quickly, and connecting goes on in
    /// the background. `seed` feeds the jitter of the breakers.
    ///
    /// # Errors
    /// When the settings cannot be meant.
    pub fn connect(settings: RedisSettings, seed: u64) -> Result<Self, InvalidRedisSettings> {
        settings.check()?;
        let patient = RedisSettings { response_timeout: Notebook::PATIENCE, ..settings.clone() };
        let link = Arc::new(Link::new(&settings, Asks::Anyone, seed)?);
        let listening = Arc::new(Link::new(&patient, Asks::Primaries, seed)?);
        let tasks = [&link, &listening].map(|link| {
            link.seek();
            let link = Arc::clone(link);
            tokio::spawn(async move { link.keep().await })
        });
        let notebook = Notebook::new(&settings.namespace);
        Ok(Self { link, listening, notebook, settings, tasks })
    }

    /// The value under `key`, perhaps an earlier one.
    ///
    /// # Errors
    /// When no node of its shard answers in time.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError> {
        let keys = self.keys(key);
        let mut commands = Pipeline::new();
        commands.cmd("GET").arg(&keys.value);
        let value: Option<Vec<u8>> = first(self.link.read(keys.slot, commands).await?)?;
        Ok(value.map(Bytes::from))
    }

    /// Puts a value there, in place of any other, for `ttl` and no longer than the settings allow.
    ///
    /// # Errors
    /// When the primary of its shard does not answer in time.
    pub async fn put(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), CacheError> {
        let keys = self.keys(key);
        let mut commands = Pipeline::new();
        let ttl = millis(ttl.min(self.settings.longest_ttl));
        commands.cmd("SET").arg(&keys.value).arg(value).arg("PX").arg(ttl);
        self.link.run(Lane::Quick, keys.slot, commands).await.map(drop)
    }

    /// Adds to a count that is forgotten `ttl` after its beginning, and says how much it is then.
    ///
    /// # Errors
    /// When the primary of its shard does not answer in time; it may have been added.
    pub async fn add(&self, key: &str, count: u64, ttl: Duration) -> Result<u64, CacheError> {
        let keys = Keys::of(&self.settings.namespace, &format!("count:{key}"));
        let mut commands = Pipeline::new();
        commands.cmd("INCRBY").arg(&keys.value).arg(count);
        commands.cmd("PEXPIRE").arg(&keys.value).arg(millis(ttl)).arg("NX");
        first(self.link.run(Lane::Quick, keys.slot, commands).await?)
    }

    /// Tells all instances something, and says whether it is there to stay.
    ///
    /// # Errors
    /// When that is not certain; it may have been told.
    pub async fn note(&self, text: &[u8]) -> Result<Written, CacheError> {
        let (slot, commands) = self.notebook.write(text, self.settings.response_timeout / 2);
        let mut answers = self.link.run(Lane::Waiting, slot, commands).await?.into_iter();
        let mark: String = first(answers.next())?;
        Ok(Written { mark: mark.parse().map_err(failure)?, is_safe: is_safe(answers)? })
    }

    /// Whether the note at `mark`, and so every older one, is there to stay by now.
    ///
    /// # Errors
    /// When that cannot be learnt.
    pub async fn confirm(&self, mark: Mark) -> Result<Confirmed, CacheError> {
        let (slot, commands) = self.notebook.confirm(mark, self.settings.response_timeout / 2);
        let mut answers = self.link.run(Lane::Waiting, slot, commands).await?.into_iter();
        let found: Vec<Entry> = first(answers.next())?;
        let _written: String = first(answers.next())?;
        let is_safe = is_safe(answers)?;
        let kept = if is_safe { Confirmed::Safe } else { Confirmed::NotYet };
        Ok(if found.is_empty() { Confirmed::Lost } else { kept })
    }

    /// What was told after `mark`. Waits some time for something if there is nothing, so it is to be called again and again;
    /// an answer without notes says that nothing was told until now.
    ///
    /// # Errors
    /// When the notes cannot be read.
    pub async fn notes_after(&self, mark: Mark) -> Result<Notes, CacheError> {
        let (slot, commands) = self.notebook.read(mark);
        Notes::read(self.listening.run(Lane::Quick, slot, commands).await?)
    }

    /// How the breakers of all nodes stand, for `/ops/breakers`.
    pub fn breakers(&self) -> Vec<BreakerSnapshot> {
        self.link.breakers()
    }

    fn keys(&self, key: &str) -> Keys {
        Keys::of(&self.settings.namespace, &format!("value:{key}"))
    }
}

/// From what a wait for a replica says, and the state of the primary.
fn is_safe(mut answers: impl Iterator<Item = Value>) -> Result<bool, CacheError> {
    let replicas: u64 = first(answers.next())?;
    let state: String = first(answers.next())?;
    Ok(replicas > 0 || state.contains("connected_slaves:0\r"))
}

impl Drop for Shelf {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}
