//! What runs beside the requests: reading what others purged, telling them, and knowing how far both can be relied on.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cache::{CacheError, Confirmed, Mark, Notes};
use tokio::time::{Instant, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::super::{Cache, Purge};
use super::history::Pending;
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

    async fn take(&self, shared: &Shared, seen: Mark, notes: Notes) -> Result<(), CacheError> {
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
            self.tell_all().await;
        }
    }

    /// Writes a note of everything that nobody was told of, and sees to it that it stays. The others read a note before a
    /// replica has it, so that one is written once, however long its replica hangs.
    async fn tell_all(&self) {
        // The newest note that may still be lost, with the number of the last purge it tells of.
        let mut unsafe_note: Option<(u64, Mark)> = None;
        loop {
            let after = unsafe_note.map_or(0, |(ticket, _)| ticket);
            let untold = self.history().untold(after, BATCH);
            let done = match (untold, unsafe_note) {
                (Some((ticket, batch)), _) => self.write(ticket, &batch, &mut unsafe_note).await,
                (None, Some((ticket, mark))) => {
                    // Whoever purges something meanwhile is not to wait for a replica.
                    let _pause_or_more_to_tell = timeout(PAUSE, self.untold.notified()).await;
                    self.confirm(ticket, mark, &mut unsafe_note).await
                }
                (None, None) => return,
            };
            if let Err(error) = done {
                self.metrics.untold.inc();
                tracing::debug!(error = ?error, "a purge could not be told to other gateways yet");
                sleep(PAUSE).await;
            }
        }
    }

    async fn write(
        &self,
        ticket: u64,
        batch: &[Pending],
        unsafe_note: &mut Option<(u64, Mark)>,
    ) -> Result<(), CacheError> {
        let purges = batch.iter().flat_map(|(purges, force)| purges.iter().map(|purge| (purge, *force)));
        let text = Record::new(self.by, purges).to_text();
        let written = self.shelf.note(&text).await?;
        *unsafe_note = (!written.is_safe).then_some((ticket, written.mark));
        if written.is_safe {
            self.have_told(ticket, written.mark);
        }
        Ok(())
    }

    async fn confirm(&self, ticket: u64, mark: Mark, unsafe_note: &mut Option<(u64, Mark)>) -> Result<(), CacheError> {
        match self.shelf.confirm(mark).await? {
            Confirmed::Safe => {
                self.have_told(ticket, mark);
                *unsafe_note = None;
            }
            // A failover has lost it, perhaps with others before it.
            Confirmed::Lost => *unsafe_note = None,
            Confirmed::NotYet => {}
        }
        Ok(())
    }

    /// Everything up to this number is in notes that stay, the last of them at `mark`.
    fn have_told(&self, ticket: u64, mark: Mark) {
        self.history().told(ticket, mark);
        self.told.send_replace(ticket);
    }
}

fn spawn(over: &CancellationToken, task: impl Future<Output = ()> + Send + 'static) {
    let over = over.clone();
    tokio::spawn(async move { over.run_until_cancelled(task).await });
}
