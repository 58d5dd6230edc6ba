use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::{Bus, Event, Feed, FeedError, Subscription};

/// How often the feed is asked although the bus is silent.
const LOOK: Duration = Duration::from_secs(1);

/// How long the bus may take to answer.
const SUBSCRIBE: Duration = Duration::from_secs(2);

/// Follows a producer from now on, for whoever has no database to keep a watermark in: each event once and in order, until
/// `shutdown` or until nobody reads `events` any more. After a restart it begins anew, so it is for things that are dropped
/// by a restart as well, such as caches and open connections.
pub async fn tail(
    producer: &str,
    feed: Arc<dyn Feed>,
    bus: Arc<dyn Bus>,
    events: mpsc::Sender<Event>,
    shutdown: CancellationToken,
) {
    let mut tail = Tail { feed, events, watermark: None };
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut subscription: Option<Subscription> = None;
    loop {
        let next = async {
            match &mut subscription {
                Some(subscription) => subscription.next().await,
                None => std::future::pending().await,
            }
        };
        let outcome = tokio::select! {
            () = shutdown.cancelled() => return,
            () = tail.events.closed() => return,
            event = next => match event {
                Some(event) => tail.receive(&event).await,
                None => {
                    subscription = None;
                    Ok(())
                }
            },
            _ = look.tick() => {
                if subscription.is_none() {
                    subscription = timeout(SUBSCRIBE, bus.subscribe(producer)).await.ok().and_then(Result::ok);
                }
                tail.catch_up().await
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(producer, error = %error, "the feed does not answer");
        }
    }
}

struct Tail {
    feed: Arc<dyn Feed>,
    events: mpsc::Sender<Event>,
    /// None until the feed has said where it ends.
    watermark: Option<i64>,
}

impl Tail {
    async fn receive(&mut self, event: &Event) -> Result<(), FeedError> {
        match self.watermark {
            Some(watermark) if event.sequence <= watermark => Ok(()),
            Some(watermark) if event.sequence == watermark + 1 => {
                self.pass_on(event.clone()).await;
                Ok(())
            }
            _ => self.catch_up().await,
        }
    }

    async fn catch_up(&mut self) -> Result<(), FeedError> {
        let Some(mut watermark) = self.watermark else {
            self.watermark = Some(self.feed.after(i64::MAX).await?.head);
            return Ok(());
        };
        loop {
            let page = self.feed.after(watermark).await?;
            for event in page.events {
                watermark = event.sequence;
                self.pass_on(event).await;
            }
            if watermark >= page.head {
                // A producer whose database was set back counts from there.
                self.watermark = Some(page.head);
                return Ok(());
            }
            watermark = watermark.max(page.oldest - 1);
        }
    }

    async fn pass_on(&mut self, event: Event) {
        self.watermark = Some(event.sequence);
        // Nobody reads any more: the loop sees it next.
        let _ = self.events.send(event).await;
    }
}
