use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::consumer::push::OrderedConfig;
use async_nats::jetstream::context::Context;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, DiscardPolicy, Stream};
use async_nats::{Client, ConnectOptions};
use async_trait::async_trait;
use futures_util::{StreamExt, future};
use tokio::time::timeout;
use vocabulary::Secret;

use crate::outbox::KEPT;
use crate::{Bus, BusError, Event, Subscription};

/// The stream that all producers publish to.
const STREAM: &str = "LENDERY_EVENTS";

/// Every answer of the server is awaited for this long.
const PATIENCE: Duration = Duration::from_secs(3);

/// The same event told twice within this time is stored once; a relay that starts again repeats a few seconds.
const DUPLICATES: Duration = Duration::from_secs(120);

/// Where the NATS servers are.
#[derive(Debug, Clone)]
pub struct NatsSettings {
    /// `nats://user:password@host:4222`, or `tls://…`; several with commas between.
    pub url: Secret,
    /// Copies of the stream among the servers of a cluster; 1 for a single server.
    pub replicas: usize,
}

/// NATS JetStream. It works with servers from 2.9 on, and goes on when the server's store is emptied: the stream is made
/// again, and what was in it is read from the feeds.
#[derive(Clone)]
pub struct NatsBus {
    client: Client,
    context: Context,
    replicas: usize,
}

impl NatsBus {
    /// Connects in the background, now and whenever the connection is lost: a service starts without its bus as well.
    ///
    /// # Errors
    /// When the address is not understood.
    pub async fn connect(settings: &NatsSettings) -> Result<Self, BusError> {
        let options = ConnectOptions::new().name("lendery").retry_on_initial_connect().request_timeout(Some(PATIENCE));
        let servers: Vec<&str> = settings.url.expose().split(',').collect();
        // The error of the library would repeat the address, and with it the password.
        let understood = options.connect(servers).await;
        let client = understood.map_err(|_| BusError::new("its address is not understood, it is nats://host:4222"))?;
        let mut context = async_nats::jetstream::new(client.clone());
        context.set_timeout(PATIENCE);
        Ok(Self { client, context, replicas: settings.replicas })
    }

    async fn stream(&self) -> Result<Stream, BusError> {
        let config = Config {
            name: STREAM.to_owned(),
            subjects: vec!["events.>".to_owned()],
            max_age: KEPT,
            discard: DiscardPolicy::Old,
            duplicate_window: DUPLICATES,
            num_replicas: self.replicas,
            ..Config::default()
        };
        self.context.get_or_create_stream(config).await.map_err(BusError::new)
    }

    async fn tell(&self, event: &Event) -> Result<(), BusError> {
        if self.offer(event).await.is_ok() {
            return Ok(());
        }
        // The stream may not be there yet, or not any more.
        self.stream().await?;
        self.offer(event).await
    }

    async fn offer(&self, event: &Event) -> Result<(), BusError> {
        let payload = serde_json::to_vec(event).map_err(BusError::new)?;
        let message = PublishMessage::build().payload(payload.into()).message_id(event.id.to_string());
        let stored = self.context.send_publish(subject(&event.producer), message).await.map_err(BusError::new)?;
        stored.await.map(drop).map_err(BusError::new)
    }

    /// While there is no connection the client would queue what it is given, and tell all of it when there is one: the
    /// outbox is the better queue.
    fn check(&self) -> Result<(), BusError> {
        match self.client.connection_state() {
            State::Connected => Ok(()),
            state => Err(BusError::new(format_args!("the connection is {state}"))),
        }
    }
}

#[async_trait]
impl Bus for NatsBus {
    async fn publish(&self, event: &Event) -> Result<(), BusError> {
        self.check()?;
        let told = timeout(PATIENCE, self.tell(event)).await;
        told.unwrap_or_else(|_| Err(BusError::new("no answer in time")))
    }

    async fn subscribe(&self, producer: &str) -> Result<Subscription, BusError> {
        self.check()?;
        let stream = self.stream().await?;
        let config = OrderedConfig {
            deliver_subject: self.client.new_inbox(),
            filter_subject: subject(producer),
            deliver_policy: DeliverPolicy::New,
            ..OrderedConfig::default()
        };
        let consumer = stream.create_consumer(config).await.map_err(BusError::new)?;
        let messages = consumer.messages().await.map_err(BusError::new)?;
        // It ends with the first error; whoever listens then subscribes anew, and reads from the feed what lay between.
        let sound = messages.take_while(|message| future::ready(message.is_ok()));
        let events = sound.filter_map(|message| {
            let event = message.ok().and_then(|message| serde_json::from_slice(&message.payload).ok());
            future::ready(event.map(Arc::new))
        });
        Ok(events.boxed())
    }
}

impl fmt::Debug for NatsBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsBus").field("state", &self.client.connection_state()).finish_non_exhaustive()
    }
}

fn subject(producer: &str) -> String {
    format!("events.{producer}")
}
