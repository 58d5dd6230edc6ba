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
    /// An order of this item gets on: its state, and whether that has come true, before and after.
    fn change(&self, item: &str, change: [(&str, bool); 2]) -> Event {
        let [before, after] =
            change.map(|(state, settled)| json!({"state": state, "settled": settled, "item_ids": [item]}));
        let mut all = self.0.lock().unwrap();
        let event: Event = serde_json::from_value(json!({
            "producer": "orders", "sequence": all.len() + 1, "id": uuid(all.len()), "type": "order.changed",
            "aggregate": "order", "aggregate_id": uuid(0), "version": 2, "occurred_at": "2026-01-01T00:00:00Z",
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
async fn an_items_days_change_with_its_orders_whether_the_bus_carries_the_event_or_loses_it() {
    days_change_with([("pending", false), ("reserved", false)]).await;
}

#[tokio::test]
async fn an_items_days_change_when_what_its_orders_state_says_has_come_true() {
    days_change_with([("active", false), ("active", true)]).await;
}

async fn days_change_with(change: [(&str, bool); 2]) {
    let origin = Origin::start(|seen| async move {
        let group = format!("\"item:{}\"", seen.target.split('/').nth(4).unwrap());
        reply(200, &[("cache-control", "max-age=600"), ("cache-groups", &group)], seen.number.to_string())
    })
    .await;
    let (told, bus) = (Told::default(), InProcessBus::default());
    let to = Listening { producer: "orders".to_owned(), feed: Arc::new(told.clone()), bus: Arc::new(bus.clone()) };
    let gateway = listening(before_both(&origin, &origin), to).await;
    let read =
        async |item: &str| gateway.client.get(&format!("/api/v1/items/{item}/availability")).await.expect(200).body;
    let other = read("2").await;
    // The gateway hears what is told from some moment on; repeated until that moment is past.
    for carried in [true, false] {
        let before = read("1").await;
        wait_until("the item is asked for again", SOON, async || {
            let event = told.change("1", change);
            if carried {
                bus.publish(&event).await.unwrap();
            }
            read("1").await != before
        })
        .await;
    }
    assert_eq!(read("2").await, other, "another item's days stay as they are");
}
