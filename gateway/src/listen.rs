//! What happens behind the gateway's back: events of services, told without a request through it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use events::{Bus, Event, Feed, HttpFeed, InProcessBus, NatsBus, NatsSettings, tail};
use peer::{HttpClient, Peer};
use serde_json::Value;
use service_kit::RunError;
use service_kit::credential::SharedCredential;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::cache::{Cache, Force, Purge};
use crate::config::Config;

/// Events that wait for their purges; a service that is faster waits.
const WAITING: usize = 64;

/// A service whose events change what others show.
#[derive(Clone)]
pub struct Listening {
    /// Its name in its events.
    pub producer: String,
    /// Where its events can be read again.
    pub feed: Arc<dyn Feed>,
    pub bus: Arc<dyn Bus>,
}

/// The service whose events the gateway listens to, by the name of its upstream and in its events. Orders change what people
/// see by what they reserve, so the inventory is enough.
const INVENTORY: &str = "inventory";

impl Listening {
    /// What a process of its own listens to: the inventory, where the configuration names it and the secret with which it
    /// is asked. Without a bus its feed is asked each second.
    ///
    /// # Errors
    /// When a setting cannot be used; the error says which.
    pub async fn of_process(config: &Config, http: &HttpClient, seed: u64) -> Result<Vec<Self>, RunError> {
        let credential = config.credential();
        let Some(inventory) = config.upstreams.0.get(INVENTORY).filter(|_| !credential.is_empty()) else {
            return Ok(Vec::new());
        };
        let unusable = |setting: &str, error: &dyn fmt::Display| RunError::Settings(format!("{setting}: {error}"));
        let mut settings = inventory.to_peer_settings(INVENTORY).map_err(RunError::Settings)?;
        let credential = SharedCredential::follow(credential);
        settings.credential = Some(credential.map_err(|error| RunError::Settings(error.to_string()))?.shown);
        let peer = Peer::new(settings, http.clone(), seed).map_err(|error| unusable("upstreams.inventory", &error))?;
        let bus: Arc<dyn Bus> = match &config.nats_url {
            None => Arc::new(InProcessBus::default()),
            Some(url) => {
                let settings = NatsSettings { url: url.clone(), replicas: config.nats_replicas };
                Arc::new(NatsBus::connect(&settings).await.map_err(|error| unusable("nats_url", &error))?)
            }
        };
        Ok(vec![Self { producer: INVENTORY.to_owned(), feed: Arc::new(HttpFeed::new(peer)), bus }])
    }
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listening").field("producer", &self.producer).finish_non_exhaustive()
    }
}

/// Drops what the service's events make outdated, until `shutdown`.
pub(crate) fn listen(to: Listening, cache: Arc<Cache>, shutdown: CancellationToken) {
    let (sender, mut events) = mpsc::channel(WAITING);
    tokio::spawn(async move { tail(&to.producer, to.feed, to.bus, sender, shutdown).await });
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            cache.purge(outdated_by(&event), Force::Hard).await;
        }
    });
}

/// The groups of what an event changes: a reservation that gets on takes or frees units of its item. What is written to items
/// themselves names its groups in its answer.
fn outdated_by(event: &Event) -> Vec<Purge> {
    let state = |image: &Value| image["state"].clone();
    let is_progress = event.before.as_ref().map(state) != event.after.as_ref().map(state);
    let named = event.before.iter().chain(&event.after).filter_map(|image| image["item_id"].as_str());
    let items: BTreeSet<&str> = named.filter(|_| is_progress && event.aggregate == "reservation").collect();
    let groups = items.iter().map(|id| format!("item:{id}"));
    // Lists show what is left of things that are sold, and are searched by what is free.
    let lists = (!items.is_empty()).then(|| "items".to_owned());
    groups.chain(lists).map(|group| Purge::Group(group.into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn purged(aggregate: &str, before: Value, after: Value) -> Vec<String> {
        let some = |image: Value| (!image.is_null()).then_some(image);
        let event: Event = serde_json::from_value(json!({
            "producer": "inventory", "sequence": 1, "id": "018f0000-0000-7000-8000-000000000000",
            "type": "reservation.changed", "aggregate": aggregate, "version": 2,
            "aggregate_id": "018f0000-0000-7000-8000-000000000001",
            "before": some(before), "after": some(after), "occurred_at": "2026-01-01T00:00:00Z",
        }))
        .unwrap();
        let names = outdated_by(&event).into_iter().map(|purge| match purge {
            Purge::Group(group) => group.to_string(),
            other => panic!("{other:?}"),
        });
        names.collect()
    }

    #[test]
    fn a_reservation_that_gets_on_changes_its_item_and_the_lists() {
        let image = |state: &str| json!({ "state": state, "item_id": "a" });
        let purged = |before, after| purged("reservation", before, after);
        assert_eq!(purged(image("held"), image("confirmed")), ["item:a", "items"]);
        assert_eq!(purged(Value::Null, image("held")), ["item:a", "items"]);
        assert_eq!(purged(image("held"), image("expired")), ["item:a", "items"]);
        assert_eq!(purged(image("held"), image("held")), Vec::<String>::new(), "it lasts longer, that is all");
    }

    #[test]
    fn an_event_of_something_else_changes_nothing() {
        let item = |status: &str| json!({ "status": status, "state": status, "item_id": "a" });
        assert_eq!(purged("item", item("listed"), item("paused")), Vec::<String>::new());
        assert_eq!(purged("reservation", Value::Null, json!("text")), Vec::<String>::new());
    }
}
