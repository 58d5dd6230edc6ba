use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use inventory_api::{Item, OfferKind, PeriodRequest};
use order_api::{LineRequest, LinesRequest, Order, PaymentRequest, PlaceOrderRequest};
use reqwest::RequestBuilder;
use serde_json::from_slice;
use service_kit::clock::Clock;
use tokio::time::{Instant, sleep};
use url::form_urlencoded::byte_serialize;
use user_api::{LoginRequest, RegisterRequest, TokenPair};
use uuid::Uuid;
use vocabulary::{Secret, UserId};

use crate::dice::Dice;
use crate::tally::Tally;
use crate::web::{Answer, Web, measured};
use crate::{Kind, Probability, SimulateError};

/// Between two looks at an order that is under way.
const LOOK: Duration = Duration::from_millis(25);

/// After a request without an answer, so that a platform that is away is not asked without pause.
const AFTER_FAILURE: Duration = Duration::from_millis(200);

/// Attempts to join a platform that says that it is busy.
const ATTEMPTS: u32 = 30;

/// A session is renewed when it has less left than this.
const LEFT: Duration = Duration::from_secs(30);

/// How far ahead things are asked for, and for how long at most, days.
const AHEAD: usize = 60;
const LONGEST: u16 = 3;

/// Somebody who does not exist.
#[derive(Debug)]
pub(crate) struct Member {
    web: Web,
    clock: Clock,
    dice: Dice,
    email: String,
    password: Secret,
    session: Session,
    tally: Tally,
}

#[derive(Debug)]
struct Session {
    token: Secret,
    user: UserId,
    until: Instant,
}

impl Member {
    /// Registers and signs in; waits while the platform is busy.
    pub(crate) async fn join(web: Web, clock: Clock, dice: Dice) -> Result<Self, SimulateError> {
        let id = clock.new_id::<Member>();
        let (email, password) = (format!("{id}@simulated.example"), Secret::new(format!("simulated {id}")));
        let mut tally = Tally::default();
        let account = RegisterRequest {
            email: Some(email.clone()),
            password: Some(password.clone()),
            display_name: Some("Simulated member".to_owned()),
        };
        let register = || web.post("/api/v1/auth/register").json(&account);
        patiently(&web, &mut tally, Kind::Register, register).await?;
        let session = sign_in(&web, &mut tally, &email, &password).await?;
        Ok(Self { web, clock, dice, email, password, session, tally })
    }

    /// What was measured since it was last taken.
    pub(crate) fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// Looks at one thing after another until the time is over, and orders some of them.
    pub(crate) async fn live(&mut self, until: Instant, offers: &[Item], buys: Probability) {
        while Instant::now() < until {
            if let Some(item) = offers.get(self.dice.below(offers.len()))
                && self.visit(item, until, buys).await.is_none()
            {
                sleep(AFTER_FAILURE).await;
            }
        }
    }

    /// None when something was not answered, and the visit came to nothing.
    async fn visit(&mut self, item: &Item, until: Instant, buys: Probability) -> Option<()> {
        if self.session.until <= Instant::now() + LEFT {
            self.session = sign_in(&self.web, &mut self.tally, &self.email, &self.password).await.ok()?;
        }
        let list = self.list(item);
        self.get(Kind::List, &list).await?;
        self.get(Kind::Item, &format!("/api/v1/items/{}", item.id)).await?;
        if item.offer == OfferKind::Lend {
            self.get(Kind::Calendar, &format!("/api/v1/items/{}/availability", item.id)).await?;
        }
        if item.owner_id != self.session.user && self.dice.happens(buys) && Instant::now() < until {
            self.order(item, until).await?;
        }
        Some(())
    }

    /// Where somebody looks who finds this.
    fn list(&self, item: &Item) -> String {
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        match self.dice.below(3) {
            0 => "/api/v1/items".to_owned(),
            1 => format!("/api/v1/items?category={}", encoded(&item.category)),
            _ => format!("/api/v1/items?q={}", encoded(item.name.split_whitespace().next().unwrap_or_default())),
        }
    }

    /// Orders it, and watches until nothing of the order is under way or the time is over.
    async fn order(&mut self, item: &Item, until: Instant) -> Option<()> {
        let request = request(item, &self.dice, self.clock.now());
        let begun = Instant::now();
        let place = self.signed(self.web.post("/api/v1/orders")).header("idempotency-key", Uuid::now_v7().to_string());
        let placed = measured(&mut self.tally, Kind::Order, place.json(&request)).await?;
        // Refused, which is counted; and that it is gone or has changed is part of life.
        let Ok(mut order) = from_slice::<Order>(&placed.body) else { return Some(()) };
        let path = format!("/api/v1/orders/{}", order.id);
        while !order.settled && !order.stuck && Instant::now() < until {
            sleep(LOOK).await;
            let look = self.get(Kind::Progress, &path).await;
            order = look.and_then(|answer| from_slice(&answer.body).ok()).unwrap_or(order);
        }
        if order.settled {
            self.tally.settled(begun.elapsed());
        }
        self.tally.ended(&order);
        Some(())
    }

    async fn get(&mut self, kind: Kind, path: &str) -> Option<Answer> {
        // What everybody may see is asked for without a token, so that it may come from the cache.
        let request = self.web.get(path);
        let request = if kind == Kind::Progress { self.signed(request) } else { request };
        measured(&mut self.tally, kind, request).await
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(self.session.token.expose())
    }
}

/// One of the things, some day soon if it is lent, paid for by the test bank.
fn request(item: &Item, dice: &Dice, now: DateTime<Utc>) -> PlaceOrderRequest {
    let period = (item.offer == OfferKind::Lend).then(|| {
        let start = now + days(1 + dice.below(AHEAD));
        let longest = item.max_loan_days.unwrap_or(LONGEST).clamp(1, LONGEST);
        PeriodRequest { start: Some(start), end: Some(start + days(1 + dice.below(longest.into()))) }
    });
    let line = LineRequest { item_id: Some(item.id), units: Some(1), period };
    let payment = PaymentRequest { provider: Some("test".to_owned()), token: Some(Secret::new("tok_approved")) };
    PlaceOrderRequest { lines: Some(LinesRequest::Lines(vec![line])), payment: Some(payment) }
}

fn days(number: usize) -> TimeDelta {
    TimeDelta::days(i64::try_from(number).unwrap_or(1))
}

async fn sign_in(web: &Web, tally: &mut Tally, email: &str, password: &Secret) -> Result<Session, SimulateError> {
    let login = LoginRequest { email: Some(email.to_owned()), password: Some(password.clone()), refresh_token: None };
    let answer = patiently(web, tally, Kind::SignIn, || web.post("/api/v1/auth/login").json(&login)).await?;
    let pair: TokenPair = from_slice(&answer.body).map_err(|_| nobody_joins(web, "its tokens are no tokens"))?;
    let until = Instant::now() + Duration::from_secs(pair.expires_in);
    Ok(Session { token: pair.access_token, user: pair.user_id, until })
}

/// Sends a request again while the answer is that it may be sent again later.
async fn patiently(
    web: &Web,
    tally: &mut Tally,
    kind: Kind,
    request: impl Fn() -> RequestBuilder,
) -> Result<Answer, SimulateError> {
    let mut why = "it does not answer".to_owned();
    for _ in 0..ATTEMPTS {
        let wait = match measured(tally, kind, request()).await {
            Some(answer) if answer.is_success() => return Ok(answer),
            Some(answer) => {
                why = answer.complaint();
                answer.retry_after.ok_or_else(|| nobody_joins(web, &why))?
            }
            None => AFTER_FAILURE,
        };
        sleep(wait).await;
    }
    Err(nobody_joins(web, &why))
}

fn nobody_joins(web: &Web, why: &str) -> SimulateError {
    SimulateError::NobodyJoins { base: web.base.clone(), why: why.to_owned() }
}
