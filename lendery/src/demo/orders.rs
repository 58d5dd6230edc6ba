//! Orders of the demo's members, in each state that lasts.

mod scene;

pub(super) use scene::Scene;

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, Days, Utc};
use order_api::{
    DeclineRequest, HandOverRequest, LineRequest, LinesRequest, Order, OrderId, OrderState, PaymentRequest,
    PeriodRequest, PlaceOrderRequest, Provider, ReturnRequest,
};
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use vocabulary::{Secret, UserId};

use self::scene::{Act, scenes};
use super::Cast;
use super::member::accepted;
use super::past::Past;

const ORDERS: &str = include_str!("orders.csv");

/// What an owner says who cannot do without a thing.
const NO: &str = "I need it myself that weekend. Ask me again for the next one!";

/// How long an order of the past may take to come to rest, and how often it is looked at. An order that expires is found by
/// the next look of a worker.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(3);

/// A line of the file.
#[derive(Debug, Deserialize)]
struct Story {
    /// When it is placed, before the demo is filled in.
    hours_ago: i64,
    borrower: String,
    item: String,
    units: i64,
    /// Counted from the day on which the demo is filled in; none for what is sold.
    first_day: Option<i64>,
    days: Option<u64>,
    provider: Provider,
    token: Option<String>,
    /// Where it comes to rest.
    ends: OrderState,
}

/// The orders of the demo, as they are placed and go on. Again it changes nothing: each line has a key of its own, and
/// nothing is done to an order that is past it.
pub(super) struct Orders<'a> {
    http: &'a reqwest::Client,
    past: &'a Past,
    cast: &'a Cast,
    stories: Vec<Story>,
    placed: HashMap<usize, OrderId>,
}

impl<'a> Orders<'a> {
    pub(super) fn load(http: &'a reqwest::Client, past: &'a Past, cast: &'a Cast) -> anyhow::Result<Self> {
        let stories = csv::Reader::from_reader(ORDERS.as_bytes()).deserialize().collect::<Result<_, _>>()?;
        Ok(Self { http, past, cast, stories, placed: HashMap::new() })
    }

    /// What has happened by `now`, each story in its order.
    pub(super) fn scenes(&self, now: DateTime<Utc>) -> anyhow::Result<Vec<Scene>> {
        scenes(&self.stories, now).context("a day of the demo's orders")
    }

    /// Does what happens in the scene, and waits until the order has come to rest.
    pub(super) async fn play(&mut self, scene: Scene) -> anyhow::Result<()> {
        let story = self.stories.get(scene.story).context("a line of the demo's orders")?;
        let borrower = self.cast.person(&story.borrower)?;
        let Some(id) = self.placed.get(&scene.story) else {
            let order = self.place(scene, story, borrower).await?;
            self.placed.insert(scene.story, order.id);
            return self.rest(borrower, order.id, |_| true).await.map(drop);
        };
        let order = self.rest(borrower, *id, |state| scene.act != Act::Expire || state == OrderState::Expired).await?;
        let owner = order.lines.first().context("an order has lines")?.owner_id;
        let post = |who, what: &str| self.request(Method::POST, who, &format!("/{id}/{what}"));
        let request = match (scene.act, order.state) {
            (Act::Approve, OrderState::AwaitingApproval) => post(owner, "approve"),
            (Act::Decline, OrderState::AwaitingApproval) => {
                post(owner, "decline").json(&DeclineRequest { reason: Some(NO.to_owned()) })
            }
            (Act::Cancel, OrderState::Confirmed) => post(borrower, "cancel"),
            (Act::HandOver, OrderState::Confirmed) => post(owner, "hand-over").json(&HandOverRequest::default()),
            (Act::TakeBack, OrderState::Active) => post(owner, "return").json(&ReturnRequest::default()),
            _ => return Ok(()),
        };
        accepted(request.send().await?, &format!("go on with the order of {}", story.item)).await?;
        self.rest(borrower, *id, |_| true).await.map(drop)
    }

    async fn place(&self, scene: Scene, story: &Story, borrower: UserId) -> anyhow::Result<Order> {
        let period = match (scene.start, story.days) {
            (Some(start), Some(days)) => Some(PeriodRequest { start: Some(start), end: Some(start + Days::new(days)) }),
            _ => None,
        };
        let line = LineRequest { item_id: Some(self.cast.thing(&story.item)?), units: Some(story.units), period };
        let token = story.token.as_deref().map(Secret::new);
        let payment = PaymentRequest { provider: Some(story.provider.as_str().to_owned()), token };
        let order = PlaceOrderRequest { lines: Some(LinesRequest::Lines(vec![line])), payment: Some(payment) };
        let request = self.request(Method::POST, borrower, "");
        let request = request.header("idempotency-key", format!("demo-order-{}", scene.story)).json(&order);
        let placed = accepted(request.send().await?, &format!("order {}", story.item)).await?;
        placed.json().await.context("the order service answered something unexpected")
    }

    /// The order once nothing of it is under way but a payment at the desk, and it is where it should be.
    async fn rest(&self, reader: UserId, id: OrderId, is_there: impl Fn(OrderState) -> bool) -> anyhow::Result<Order> {
        let looks = async {
            loop {
                let answer = self.request(Method::GET, reader, &format!("/{id}")).send().await?;
                let order: Order = accepted(answer, "read an order").await?.json().await?;
                ensure!(!order.stuck, "an order of the demo waits for an administrator");
                let waits = order.state == OrderState::Reserved && order.provider == Some(Provider::Desk);
                if (order.settled || waits) && is_there(order.state) {
                    return Ok(order);
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        match tokio::time::timeout(PATIENCE, looks).await {
            Ok(order) => order,
            Err(_) => bail!("an order of the demo did not come to rest"),
        }
    }

    fn request(&self, method: Method, who: UserId, path: &str) -> RequestBuilder {
        let url = format!("http://{}/api/v1/orders{path}", self.past.orders());
        self.http.request(method, url).bearer_auth(self.past.member(who))
    }
}
