use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use test_kit::http::Client;
use tokio::time::timeout;

use crate::shop::{Shop, on_both};

/// Nothing is waited for longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A reader of an order's events.
struct Reader {
    response: Response,
    read: String,
}

impl Reader {
    async fn open(client: &Client, order: &str, after: Option<i64>) -> Self {
        let request = client.request(Method::GET, &format!("{order}/events"));
        let request = after.into_iter().fold(request, |request, id| request.header("last-event-id", id));
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, read: String::new() }
    }

    /// The next event; none at the end.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data: ")).map(ToOwned::to_owned);
                let read = self.read.len() - rest.len();
                self.read.drain(..read);
                match data {
                    Some(data) => return Some(serde_json::from_str(&data).unwrap()),
                    None => continue,
                }
            }
            let piece = timeout(PATIENCE, self.response.chunk()).await.expect("an event in time").unwrap()?;
            self.read.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }

    async fn until(&mut self, state: &str) -> Value {
        while let Some(event) = self.next().await {
            if event["state"] == state && event["settled"] == true {
                return event;
            }
        }
        panic!("the stream ended before the order was {state}");
    }
}

async fn finish(shop: &Shop, order: &str) {
    shop.act("ada", order, "hand-over", &json!({})).await.expect(200);
    shop.settled(order, "active").await;
    shop.act("ada", order, "return", &json!({})).await.expect(200);
}

#[tokio::test]
async fn a_reader_is_told_of_every_change_until_nothing_more_will_happen() {
    on_both(async |shop| {
        let order = shop.ordered("approved").await;
        let ben = shop.member("ben");
        let mut reader = Reader::open(&ben, &order, None).await;
        let first = reader.next().await.unwrap();
        assert_eq!((&first["state"], &first["version"]), (&json!("pending"), &json!(1)));
        reader.until("confirmed").await;
        finish(shop, &order).await;
        let last = reader.until("closed").await;
        assert_eq!(reader.next().await, None);
        let again = ben.request(Method::GET, &format!("{order}/events"));
        let again = again.header("last-event-id", last["version"].as_i64().unwrap()).send().await.unwrap();
        assert_eq!(again.status(), 204);
    })
    .await;
}

#[tokio::test]
async fn a_reader_that_comes_again_is_told_what_it_has_missed_and_nothing_twice() {
    on_both(async |shop| {
        let order = shop.ordered("approved").await;
        let ada = shop.member("ada");
        let mut reader = Reader::open(&ada, &order, None).await;
        let seen = reader.until("confirmed").await["version"].as_i64().unwrap();
        drop(reader);
        finish(shop, &order).await;
        shop.settled(&order, "closed").await;
        let mut reader = Reader::open(&ada, &order, Some(seen)).await;
        let mut states = Vec::new();
        while let Some(event) = reader.next().await {
            assert!(event["version"].as_i64().unwrap() > seen);
            states.push(event["state"].as_str().unwrap().to_owned());
        }
        states.dedup();
        assert_eq!(states, ["active", "returned", "closed"]);
    })
    .await;
}

#[tokio::test]
async fn events_are_for_those_whom_the_order_concerns() {
    on_both(async |shop| {
        let order = shop.ordered("approved").await;
        let path = format!("{order}/events");
        shop.anonymous().get(&path).await.expect(401);
        shop.member("cy").get(&path).await.expect(404);
        let wrong = shop.member("ben").request(Method::GET, &path).header("last-event-id", "yesterday");
        assert_eq!(wrong.send().await.unwrap().status(), 400);
    })
    .await;
}

#[tokio::test]
async fn a_stream_ends_with_the_session_of_its_reader_and_with_nobody_else_s() {
    on_both(async |shop| {
        let order = shop.ordered("approved").await;
        let mut of_ben = Reader::open(&shop.member("ben"), &order, None).await;
        let mut of_ada = Reader::open(&shop.member("ada"), &order, None).await;
        for reader in [&mut of_ben, &mut of_ada] {
            reader.until("confirmed").await;
        }
        shop.world.users.revoke("ben");
        assert_eq!(of_ben.next().await, None, "nothing else has happened");
        finish(shop, &order).await;
        of_ada.until("closed").await;
    })
    .await;
}

#[tokio::test]
async fn a_stream_ends_when_its_reader_is_another_or_nobody_can_say_who_it_is() {
    on_both(async |shop| {
        let order = shop.ordered("approved").await;
        let mut of_admin = Reader::open(&shop.admin(), &order, None).await;
        of_admin.until("confirmed").await;
        shop.member("the-admin");
        assert_eq!(of_admin.next().await, None, "no administrator any more");
        let mut of_ben = Reader::open(&shop.member("ben"), &order, None).await;
        of_ben.until("confirmed").await;
        shop.world.users.set_down(true);
        assert_eq!(of_ben.next().await, None);
        shop.world.users.set_down(false);
    })
    .await;
}

#[tokio::test]
async fn a_service_that_stops_ends_its_streams() {
    on_both(async |shop| {
        let order = shop.ordered("approved").await;
        let second = Shop::open(shop.world.clone()).await;
        let mut reader = Reader::open(&second.member("ben"), &order, None).await;
        reader.until("confirmed").await;
        second.close().await;
        assert_eq!(reader.next().await, None);
    })
    .await;
}
