//! What runs beside the requests: reading what others purged, telling them, and knowing how far both can be relied on.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cache::{Mark, Notes};
use tokio::time::{Instant, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::super::{Cache, Purge};
use super::record::{Force, Record};
use super::{KEPT, Shared};

/// Before another try, when Redis did not answer.
const PAUSE: Duration = Duration::from_millis(50);

/// How often trust is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Purges of one note at most.
const BATCH: usize = 500;

impl Cache {
    /// Follows the other gateways, and tells them, until `over`; does nothing where there is no second tier.
    pub(crate) fn join_others(self: &Arc<Self>, over: &CancellationToken) {
        let Some(shared) = &self.shared else { return };
        let (cache, followed) = (Arc::clone(self), Arc::clone(shared));
        spawn(over, async move { cache.read_notes(&followed).await });
        let telling = Arc::clone(shared);
        spawn(over, async move { telling.tell().await });
        let (cache, watched) = (Arc::clone(self), Arc::clone(shared));
        spawn(over, async move { cache.watch(&watched).await });
    }

    async fn read_notes(&self, shared: &Shared) {
        loop {
            let seen = shared.stamp();
            let followed = match shared.shelf.notes_after(seen).await {
                Ok(notes) => self.take(shared, seen, notes).await,
                Err(error) => Err(error),
            };
            if let Err(error) = followed {
                tracing::debug!(error = ?error, "the notes of other gateways cannot be read");
                sleep(PAUSE).await;
            }
        }
    }

    async fn take(&self, shared: &Shared, seen: Mark, notes: Notes) -> Result<(), cache::CacheError> {
        let is_first = seen == Mark::default();
        let (Some(oldest), Some(newest)) = (notes.oldest, notes.newest) else {
            if is_first {
                // From this one on, everything is known.
                return shared.shelf.note(&Record::new(shared.by, []).to_text()).await.map(drop);
            }
            self.begin_anew(shared);
            return Ok(());
        };
        if !is_first && (newest < seen || oldest > seen) {
            self.begin_anew(shared);
            return Ok(());
        }
        if !shared.history().is_known() {
            shared.history().begin_at(oldest);
        }
        for (mark, text) in notes.notes {
            self.obey(shared, mark, &Record::read(&text));
        }
        if shared.stamp() >= newest {
            shared.step().hear(Instant::now());
        }
        Ok(())
    }

    fn obey(&self, shared: &Shared, mark: Mark, record: &Record) {
        shared.metrics.notes.inc();
        for (purge, force) in record.purges() {
            // In this order, so that nothing that is dropped from memory comes back from the second tier.
            shared.history().learn(mark, purge.clone(), force);
            if record.by != shared.by {
                self.purge_here(purge, force);
            }
        }
        shared.history().read_to(mark);
    }

    /// Redis has lost notes, or they were forgotten before they were read here.
    fn begin_anew(&self, shared: &Shared) {
        tracing::warn!("notes of other gateways are gone: what is stored has to be confirmed");
        shared.history().restart();
        self.purge_here(Purge::All, Force::Soft);
    }

    async fn watch(&self, shared: &Shared) {
        let mut every = interval(LOOK);
        loop {
            every.tick().await;
            let is_in_step = shared.is_in_step();
            shared.metrics.in_step.set(i64::from(is_in_step));
            let since = if is_in_step { 0 } else { self.now().before(KEPT).as_millis() };
            shared.trusted_since.store(since, Ordering::Relaxed);
        }
    }
}

impl Shared {
    async fn tell(&self) {
        loop {
            self.untold.notified().await;
            loop {
                let Some((ticket, batch)) = self.history().untold(BATCH) else { break };
                let purges = batch.iter().flat_map(|(purges, force)| purges.iter().map(|purge| (purge, *force)));
                let text = Record::new(self.by, purges).to_text();
                match self.shelf.note(&text).await {
                    Ok(mark) => {
                        self.history().told(ticket, mark);
                        self.told.send_replace(ticket);
                    }
                    Err(error) => {
                        self.metrics.untold.inc();
                        tracing::debug!(error = ?error, "a purge could not be told to other gateways yet");
                        sleep(PAUSE).await;
                    }
                }
            }
        }
    }
}

fn spawn(over: &CancellationToken, task: impl Future<Output = ()> + Send + 'static) {
    let over = over.clone();
    tokio::spawn(async move { over.run_until_cancelled(task).await });
}
