use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use sea_orm::{DatabaseTransaction, DbErr};
use service_kit::clock::Clock;
use service_kit::db::Db;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::inbox::{Claim, Inbox};
use crate::{Bus, Event, Feed, FeedError, FeedPage, Subscription};

/// How often the feed is asked although the bus is silent, so that a bus that loses everything loses nothing; and how often
/// what was put aside is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How long an event waits for those before it, while the feed does not answer either.
const PARKED: Duration = Duration::from_secs(30);

/// The bus is left alone for this long when it does not answer; the feed goes on being asked.
const SUBSCRIBE: Duration = Duration::from_secs(2);

/// Any error, as handlers report them.
pub type HandlerError = Box<dyn std::error::Error + Send + Sync>;

/// What a consumer does with events.
///
/// An event comes once, but not always in order: one that failed comes again later, and one whose predecessors cannot be had
/// comes before them. Of two events of one thing, the higher version is the newer.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Does what follows from an event, in the transaction that notes that it was done.
    ///
    /// # Errors
    /// Whatever prevented it. The transaction is rolled back, and the event comes again, five times in all.
    async fn handle(&self, tx: &DatabaseTransaction, event: &Event) -> Result<(), HandlerError>;

    /// Told when events were dropped by the producer before they were read: what depends on them has to be read again.
    ///
    /// # Errors
    /// Whatever prevented it; it is told again.
    async fn missed(&self, _tx: &DatabaseTransaction, _producer: &str) -> Result<(), HandlerError> {
        Ok(())
    }
}

/// Hands the events of one producer to one handler, each once, over restarts and on several instances together.
pub struct Consumer {
    db: Db,
    clock: Clock,
    inbox: Inbox,
    feed: Arc<dyn Feed>,
    bus: Arc<dyn Bus>,
    handler: Arc<dyn Handler>,
    parked: BTreeMap<i64, (Arc<Event>, DateTime<Utc>)>,
}

/// Who listens to whom.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The service that listens, and for what if it does so for several things.
    pub consumer: &'a str,
    pub producer: &'a str,
}

#[derive(Debug, thiserror::Error)]
enum ConsumerError {
    #[error("the inbox cannot be read or written")]
    Database(#[from] DbErr),
    #[error(transparent)]
    Feed(#[from] FeedError),
    #[error("what was missed could not be read again: {0}")]
    Missed(HandlerError),
}

impl Consumer {
    pub fn new(
        db: Db,
        clock: Clock,
        names: Names<'_>,
        (feed, bus): (Arc<dyn Feed>, Arc<dyn Bus>),
        handler: Arc<dyn Handler>,
    ) -> Self {
        let inbox = Inbox { consumer: names.consumer.to_owned(), producer: names.producer.to_owned() };
        Self { db, clock, inbox, feed, bus, handler, parked: BTreeMap::new() }
    }

    /// Works until `shutdown`. Failures are logged and tried again.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut subscription: Option<Subscription> = None;
        let mut asked: Option<Instant> = None;
        loop {
            if subscription.is_none() && asked.is_none_or(|at| at.elapsed() >= SUBSCRIBE) {
                asked = Some(Instant::now());
                subscription = self.subscribe().await;
            }
            let next = async {
                match &mut subscription {
                    Some(subscription) => subscription.next().await,
                    None => std::future::pending().await,
                }
            };
            // Only waiting is ever cancelled, or what waits for a server that is lost: a transaction is begun where nobody
            // drops it.
            let db = self.db.clone();
            let outcome = tokio::select! {
                () = shutdown.cancelled() => return,
                event = next => match event {
                    Some(event) => db.while_it_lasts(self.receive(event)).await,
                    None => {
                        subscription = None;
                        Ok(())
                    }
                },
                _ = look.tick() => db.while_it_lasts(self.look()).await,
            };
            if let Err(error) = outcome {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                let Inbox { consumer, producer } = &self.inbox;
                tracing::warn!(consumer, producer, error = %error, cause, "events wait");
            }
        }
    }

    async fn subscribe(&self) -> Option<Subscription> {
        match timeout(SUBSCRIBE, self.bus.subscribe(&self.inbox.producer)).await {
            Ok(Ok(subscription)) => Some(subscription),
            Ok(Err(error)) => {
                tracing::warn!(producer = self.inbox.producer, error = %error, "events come from the feed alone");
                None
            }
            Err(_) => None,
        }
    }

    /// One event off the bus.
    async fn receive(&mut self, event: Arc<Event>) -> Result<(), ConsumerError> {
        if self.take(&event, false).await? == Claim::Gap {
            self.parked.entry(event.sequence).or_insert((event, self.clock.now()));
            return self.catch_up().await;
        }
        Ok(())
    }

    /// What is done from time to time whatever the bus says.
    async fn look(&mut self) -> Result<(), ConsumerError> {
        self.retry().await?;
        match self.catch_up().await {
            // Without the feed, what has waited long enough is taken before its turn.
            Err(ConsumerError::Feed(error)) => {
                self.take_overdue().await?;
                Err(error.into())
            }
            outcome => outcome,
        }
    }

    /// Reads everything after the watermark from the feed.
    async fn catch_up(&mut self) -> Result<(), ConsumerError> {
        loop {
            let watermark = self.inbox.watermark(self.db.read()).await?;
            let page = self.feed.after(watermark).await?;
            self.bridge(watermark, &page).await?;
            for event in &page.events {
                self.take(event, false).await?;
            }
            if page.events.last().is_none_or(|last| last.sequence >= page.head) {
                self.parked.retain(|sequence, _| *sequence > page.head);
                return Ok(());
            }
        }
    }

    /// Moves the watermark where the feed has nothing to fill it with: its events are older than it keeps them, or the
    /// producer's database was set back to an earlier day.
    async fn bridge(&self, watermark: i64, page: &FeedPage) -> Result<(), ConsumerError> {
        let target = if page.head < watermark { page.head } else { page.oldest - 1 };
        if page.head >= watermark && target <= watermark {
            return Ok(());
        }
        let Inbox { consumer, producer } = &self.inbox;
        tracing::warn!(consumer, producer, watermark, target, "events are gone; what depends on them is read again");
        let tx = self.db.begin().await?;
        self.handler.missed(&tx, producer).await.map_err(ConsumerError::Missed)?;
        self.inbox.move_to(&tx, target).await?;
        Ok(tx.commit().await?)
    }

    async fn take_overdue(&mut self) -> Result<(), ConsumerError> {
        while let Some((sequence, (event, since))) = self.parked.pop_first() {
            if self.clock.now() < since + PARKED {
                self.parked.insert(sequence, (event, since));
                return Ok(());
            }
            self.take(&event, true).await?;
        }
        Ok(())
    }

    /// Handles an event unless that was done before; puts it aside if that fails.
    async fn take(&self, event: &Event, ahead: bool) -> Result<Claim, ConsumerError> {
        let tx = self.db.begin().await?;
        let claim = self.inbox.claim(&tx, event.sequence, ahead).await?;
        if claim != Claim::Fresh {
            return Ok(claim);
        }
        let Err(error) = self.handler.handle(&tx, event).await else {
            tx.commit().await?;
            return Ok(claim);
        };
        tx.rollback().await?;
        self.log_failure(event, &error, 1);
        let tx = self.db.begin().await?;
        let claim = self.inbox.claim(&tx, event.sequence, ahead).await?;
        if claim == Claim::Fresh {
            self.inbox.put_aside(&tx, event, &error.to_string(), self.clock.now()).await?;
            tx.commit().await?;
        }
        Ok(claim)
    }

    /// Tries again what was put aside and is due.
    async fn retry(&self) -> Result<(), ConsumerError> {
        loop {
            let tx = self.db.begin().await?;
            let Some(row) = self.inbox.due(&tx, self.clock.now()).await? else { return Ok(()) };
            let event: Result<Event, _> = serde_json::from_value(row.event.clone());
            let handled = match &event {
                Ok(event) => self.handler.handle(&tx, event).await,
                Err(error) => Err(error.to_string().into()),
            };
            let Err(error) = handled else {
                self.inbox.settle(&tx, row.sequence).await?;
                tx.commit().await?;
                continue;
            };
            tx.rollback().await?;
            let tx = self.db.begin().await?;
            let dead = self.inbox.failed_again(&tx, &row, &error.to_string(), self.clock.now()).await?;
            tx.commit().await?;
            if let Ok(event) = &event {
                self.log_failure(event, &error, row.attempts + 1);
            }
            if dead {
                let Inbox { consumer, producer } = &self.inbox;
                let dead_letters = self.inbox.dead(self.db.read()).await?;
                tracing::error!(consumer, producer, sequence = row.sequence, dead_letters, "an event is a dead letter");
            }
        }
    }

    fn log_failure(&self, event: &Event, error: &HandlerError, attempts: i32) {
        let (consumer, producer) = (&self.inbox.consumer, &event.producer);
        let (sequence, kind) = (event.sequence, &event.r#type);
        tracing::warn!(consumer, producer, sequence, kind, attempts, error = %error, "an event was not handled");
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer").field("inbox", &self.inbox).field("bus", &self.bus).finish_non_exhaustive()
    }
}
