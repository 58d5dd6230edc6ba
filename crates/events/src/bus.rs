use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::{BoxStream, unfold};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::Event;

/// Events as they come, in any order, any number of times, or not at all: whoever listens sees gaps by the sequence.
pub type Subscription = BoxStream<'static, Arc<Event>>;

/// Carries events to whoever listens. It is never the truth: that is the outbox, which can be asked again.
#[async_trait]
pub trait Bus: Send + Sync + fmt::Debug {
    /// Hands an event on.
    ///
    /// # Errors
    /// When the bus has not taken it; it may have.
    async fn publish(&self, event: &Event) -> Result<(), BusError>;

    /// Listens to a producer from now on, until the stream ends.
    ///
    /// # Errors
    /// When the bus does not answer.
    async fn subscribe(&self, producer: &str) -> Result<Subscription, BusError>;
}

/// The bus does not answer.
#[derive(Debug, thiserror::Error)]
#[error("the bus does not answer: {reason}")]
pub struct BusError {
    reason: String,
}

impl BusError {
    pub(crate) fn new(reason: impl fmt::Display) -> Self {
        Self { reason: reason.to_string() }
    }
}

/// The bus of a single process. Whoever listens too slowly misses events, and reads them from the feed. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct InProcessBus {
    channels: Arc<Mutex<HashMap<String, broadcast::Sender<Arc<Event>>>>>,
}

/// Events that wait for a slow listener; a few seconds of a busy producer.
const CAPACITY: usize = 1_024;

impl InProcessBus {
    fn channel(&self, producer: &str) -> broadcast::Sender<Arc<Event>> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        channels.entry(producer.to_owned()).or_insert_with(|| broadcast::channel(CAPACITY).0).clone()
    }
}

#[async_trait]
impl Bus for InProcessBus {
    async fn publish(&self, event: &Event) -> Result<(), BusError> {
        // It fails when nobody listens, and then nobody misses anything.
        let _ = self.channel(&event.producer).send(Arc::new(event.clone()));
        Ok(())
    }

    async fn subscribe(&self, producer: &str) -> Result<Subscription, BusError> {
        Ok(unfold(self.channel(producer).subscribe(), next).boxed())
    }
}

async fn next(mut receiver: broadcast::Receiver<Arc<Event>>) -> Option<(Arc<Event>, broadcast::Receiver<Arc<Event>>)> {
    loop {
        match receiver.recv().await {
            Ok(event) => return Some((event, receiver)),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}
