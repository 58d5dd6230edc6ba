//! Taking responses from the second tier, and putting them there.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::yield_now;

use super::super::entry::{Entry, Variants};
use super::super::fetch::{Found, Source};
use super::super::key::{Key, KeyRef};
use super::super::serve::Ask;
use super::super::{Cache, Reuse, Timestamp};
use super::Shared;
use super::history::Standing;
use super::wire;

/// What the second tier has for a request.
pub(crate) enum Loan {
    /// A response that may be used as it is.
    Fresh(Found),
    /// One that its upstream has to confirm.
    Stale(Arc<Entry>),
    Nothing,
}

impl Cache {
    /// Looks for a response in the second tier, and takes everything good under its address into memory.
    pub(in crate::cache) async fn borrow(&self, ask: &Ask) -> Loan {
        let Some(shared) = self.shared.as_ref().filter(|shared| shared.is_in_step()) else { return Loan::Nothing };
        let begun = self.store.begin();
        let entries = match shared.shelf.get(&name(&ask.key)).await {
            Err(error) => {
                tracing::debug!(error = ?error, "the second tier does not answer");
                shared.metrics.failed.inc();
                return Loan::Nothing;
            }
            Ok(bytes) => bytes.and_then(|bytes| {
                wire::read(bytes, &ask.key, |status| self.metrics.answers(&ask.route.template, status))
            }),
        };
        let now = self.now();
        let good = shared.judge(entries.unwrap_or_default(), &ask.key, now);
        let Some(variants) = Variants::of(good, self.settings.variants) else {
            shared.metrics.missed.inc();
            return Loan::Nothing;
        };
        // Without: purged since this began, so that it may be from before.
        let stored = begun.put_all(&ask.key, &variants);
        let Some(entry) = stored.as_ref().and_then(|stored| stored.chosen_by(&ask.headers, ask.over_tls)) else {
            shared.metrics.missed.inc();
            return Loan::Nothing;
        };
        if self.reuse(entry, &ask.directives, now) == Reuse::Fresh {
            shared.metrics.hits.inc();
            return Loan::Fresh(Found { entry: Arc::clone(entry), source: Source::Shared });
        }
        shared.metrics.missed.inc();
        Loan::Stale(Arc::clone(entry))
    }

    /// Puts what is stored under a key into the second tier, without making anybody wait.
    pub(in crate::cache) fn lend(&self, key: &Key) {
        let Some(shared) = &self.shared else { return };
        let Some(variants) = self.store.get_by(key) else { return };
        let now = self.now();
        let useful = variants.iter().map(|entry| entry.freshness.useful_for(now)).max().unwrap_or_default();
        let Ok(permit) = Arc::clone(&shared.puts).try_acquire_owned() else {
            shared.metrics.not_put.inc();
            return;
        };
        let is_worthwhile = useful >= Duration::from_secs(1) && variants.size() <= self.settings.most_shared();
        if !is_worthwhile {
            return;
        }
        let (shared, key) = (Arc::clone(shared), key.clone());
        tokio::spawn(async move {
            // Whoever waits for the answer goes first.
            yield_now().await;
            let bytes = wire::write(&key, variants.iter());
            match shared.shelf.put(&name(&key), &bytes, useful).await {
                Ok(()) => shared.metrics.put.inc(),
                Err(error) => {
                    tracing::debug!(error = ?error, "the second tier takes nothing");
                    shared.metrics.not_put.inc()
                }
            };
            drop(permit);
        });
    }
}

impl Shared {
    /// Those that nobody has dropped since they were fetched; what was made stale is.
    fn judge(&self, entries: Vec<Entry>, key: &Key, now: Timestamp) -> Vec<Arc<Entry>> {
        let history = self.history();
        let judged = entries.into_iter().filter_map(|mut entry| {
            match history.standing(entry.stamp, key, &entry.groups) {
                Standing::Good => {}
                Standing::Stale => entry.freshness = entry.freshness.ended(now),
                Standing::Gone => return None,
            }
            entry.since = now;
            Some(Arc::new(entry))
        });
        judged.collect()
    }
}

/// Where it lies. The form is part of it, so that versions of the gateway do not overwrite each other's.
fn name(key: &Key) -> String {
    let KeyRef { host, path, query } = key.as_key_ref();
    format!("{}:{host}{path}?{query}", wire::VERSION)
}
