use std::sync::Arc;
use std::time::Duration;

use sea_orm::DbErr;
use service_kit::clock::Clock;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{Bus, BusError, Event, Outbox};

/// How soon events of other processes, and those whose writer died before it said a word, are found.
const LOOK: Duration = Duration::from_millis(250);

/// Between a turn and the next while there are events: those of many changes are numbered and published together, and what a turn
/// costs does not grow with them. The first after a quiet while waits for nothing.
const PAUSE: Duration = Duration::from_millis(40);

/// The wait after a failure, be it the database's or the bus's.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// How often old events are dropped.
const PRUNE: Duration = Duration::from_hours(1);

/// Numbers the events of an outbox and tells the bus of them, in order, each at least once. Any number of instances may run
/// beside each other.
#[derive(Debug)]
pub struct Relay {
    outbox: Outbox,
    bus: Arc<dyn Bus>,
    clock: Clock,
    publisher: Uuid,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum RelayError {
    #[error("the outbox cannot be read or written")]
    Database(#[from] DbErr),
    #[error(transparent)]
    Bus(#[from] BusError),
}

impl Relay {
    pub fn new(outbox: Outbox, bus: Arc<dyn Bus>, clock: Clock) -> Self {
        let publisher = clock.new_id::<Event>().uuid();
        Self { outbox, bus, clock, publisher }
    }

    /// Works until `shutdown`. Failures are logged and tried again: the outbox keeps what has not been told.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut pruned: Option<Instant> = None;
        loop {
            let wait = match self.turn().await {
                Ok(0) => LOOK,
                Ok(_) => PAUSE,
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::warn!(producer = self.outbox.producer(), error = %error, cause, "events wait in the outbox");
                    AFTER_FAILURE
                }
            };
            if pruned.is_none_or(|at| at.elapsed() >= PRUNE) {
                pruned = Some(Instant::now());
                if let Err(error) = self.outbox.prune(&self.clock).await {
                    tracing::warn!(producer = self.outbox.producer(), error = %error, "old events were not dropped");
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = sleep(wait) => {}
                () = self.outbox.woken(), if wait == LOOK => {}
            }
        }
    }

    /// Numbers and publishes what there is now. Answers how many events were numbered or published.
    pub(crate) async fn turn(&self) -> Result<u64, RelayError> {
        // Numbers do not wait for the bus: the feed has the events even when the bus is away.
        let numbered = self.outbox.number().await?;
        let events = self.outbox.unpublished(self.publisher, &self.clock).await?;
        let mut told = 0;
        let mut outcome = Ok(());
        for event in &events {
            outcome = self.bus.publish(event).await;
            if outcome.is_err() {
                break;
            }
            told = event.sequence;
        }
        if told > 0 {
            self.outbox.published(told).await?;
        }
        outcome?;
        Ok(numbered + events.len() as u64)
    }
}
