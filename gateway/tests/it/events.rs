//! Changes that no write through the gateway tells it of.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use events::{Bus, Event, Feed, FeedError, FeedPage, InProcessBus};
use gateway::Listening;
use serde_json::json;
use test_kit::wait_until;

use crate::support::{Origin, SOON, before_both, listening, reply};

/// What a service has told so far.
#[derive(Debug, Clone, Default)]
struct Told(Arc<Mutex<Vec<Event>>>);

#[async_trait]
impl Feed for Told {
    async fn after(&self, sequence: i64) -> Result<FeedPage, FeedError> {
        let all = self.0.lock().unwrap().clone();
        let head = all.last().map_or(0, |event| event.sequence);
        Ok(FeedPage { oldest: 1, head, events: all.into_iter().filter(|event| event.sequence > sequence).collect() })
    }
}

impl Told {
    /// A reservation of this item gets on, from one state to another.
    fn change(&self, item: &str, change: [&str; 2]) -> Event {
        let [before, after] = change.map(|state| json!({"state": state, "item_id": item}));
        let mut all = self.0.lock().unwrap();
        let event: Event = serde_json::from_value(json!({
            "producer": "inventory", "sequence": all.len() + 1, "id": uuid(all.len()),
            "type": "reservation.changed", "aggregate": "reservation", "aggregate_id": uuid(0), "version": 2, "occurred_at": "2026-01-01T00:00:00Z",
            "before": before, "after": after,
        }))
        .unwrap();
        all.push(event.clone());
        event
    }
}

fn uuid(number: usize) -> String {
    format!("018f0000-0000-7000-8000-{number:012}")
}

#[tokio::test]
async fn an_items_days_change_with_its_reservations_whether_the_bus_carries_the_event_or_loses_it() {
    let origin = Origin::start(|seen| async move {
        let group = format!("\"item:{}\"", seen.target.split('/').nth(4).unwrap());
        reply(200, &[("cache-control", "max-age=600"), ("cache-groups", &group)], seen.number.to_string())
    })
    .await;
    let (told, bus) = (Told::default(), InProcessBus::default());
    let to = Listening { producer: "inventory".to_owned(), feed: Arc::new(told.clone()), bus: Arc::new(bus.clone()) };
    let gateway = listening(before_both(&origin, &origin), to).await;
    let read =
        async |item: &str| gateway.client.get(&format!("/api/v1/items/{item}/availability")).await.expect(200).body;
    let other = read("2").await;
    // The gateway hears what is told from some moment on; repeated until that moment is past.
    for carried in [true, false] {
        let before = read("1").await;
        wait_until("the item is asked for again", SOON, async || {
            let event = told.change("1", ["held", "confirmed"]);
            if carried {
                bus.publish(&event).await.unwrap();
            }
            read("1").await != before
        })
        .await;
    }
    assert_eq!(read("2").await, other, "another item's days stay as they are");
}
