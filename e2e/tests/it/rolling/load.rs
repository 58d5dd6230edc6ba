//! What people ask all the time, through a balancer that asks the gateways whether they are ready.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use test_kit::http::Client;
use test_kit::wait_until;
use tokio::task::JoinSet;

use super::town::is_ready;
use crate::member::{Member, thing};
use crate::platform::START;

/// Between two looks at a gateway, as balancers look.
const LOOK: Duration = Duration::from_millis(100);

/// Between two requests of one kind.
const PAUSE: Duration = Duration::from_millis(40);

/// The kinds of requests, each with what has to come of it.
const KINDS: [(Kind, u16); 6] = [
    (Kind::Cached, 200),
    (Kind::Search, 200),
    (Kind::Own, 200),
    (Kind::Cart, 200),
    (Kind::Payment, 404),
    (Kind::Write, 201),
];

#[derive(Debug, Clone, Copy)]
enum Kind {
    Cached,
    /// Never the same twice, so never from memory.
    Search,
    /// Of the user service.
    Own,
    /// Of the order service.
    Cart,
    /// One that there is not, of the payment service.
    Payment,
    Write,
}

/// What is not as it has to be.
#[derive(Debug, PartialEq)]
enum Failure {
    NoGateway,
    /// The connection broke, or there was none.
    Broken(String),
    Answer(u16, String),
}

pub(super) struct Load {
    state: Arc<State>,
    asking: JoinSet<()>,
}

struct State {
    gateways: Vec<Gateway>,
    token: String,
    answered: [AtomicUsize; KINDS.len()],
    failures: Mutex<Vec<String>>,
    over: AtomicBool,
}

struct Gateway {
    client: Client,
    ops: Client,
    ready: AtomicBool,
}

impl Load {
    pub(super) fn begin(gateways: &[(Client, Client)], member: &Member) -> Self {
        let gateways = gateways.iter().cloned();
        let gateways = gateways.map(|(client, ops)| Gateway { client, ops, ready: AtomicBool::new(true) }).collect();
        let state = Arc::new(State {
            gateways,
            token: member.access_token.clone(),
            answered: Default::default(),
            failures: Mutex::default(),
            over: AtomicBool::new(false),
        });
        let mut asking = JoinSet::new();
        for number in 0..KINDS.len() {
            let state = Arc::clone(&state);
            asking.spawn(async move { state.ask(number).await });
        }
        for number in 0..state.gateways.len() {
            let state = Arc::clone(&state);
            asking.spawn(async move { state.look_after(&state.gateways[number]).await });
        }
        Self { state, asking }
    }

    /// Waits until so many more requests of every kind are answered, or one has failed.
    pub(super) async fn until_answered(&self, more: usize) {
        let answered = || self.state.answered.each_ref().map(|count| count.load(Ordering::Relaxed));
        let before = answered();
        wait_until("requests to be answered", START, async || {
            let enough = answered().into_iter().zip(before).all(|(now, before)| now >= before + more);
            enough || !self.failures().is_empty()
        })
        .await;
    }

    /// What did not come out as it has to.
    pub(super) fn failures(&self) -> Vec<String> {
        self.state.failures.lock().unwrap().clone()
    }

    pub(super) async fn end(self, patience: Duration) {
        self.state.over.store(true, Ordering::Relaxed);
        tokio::time::timeout(patience, self.asking.join_all()).await.expect("every request ends");
    }
}

impl State {
    async fn ask(&self, number: usize) {
        let (kind, expected) = KINDS[number];
        let mut turn = number;
        while !self.over.load(Ordering::Relaxed) {
            turn += 1;
            match self.outcome(kind, turn, expected).await {
                Ok(()) => drop(self.answered[number].fetch_add(1, Ordering::Relaxed)),
                Err(failure) => self.failures.lock().unwrap().push(format!("{kind:?} {turn}: {failure:?}")),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn outcome(&self, kind: Kind, turn: usize, expected: u16) -> Result<(), Failure> {
        let ready: Vec<_> = self.gateways.iter().filter(|gateway| gateway.ready.load(Ordering::Relaxed)).collect();
        let gateway = ready.get(turn % ready.len().max(1)).ok_or(Failure::NoGateway)?;
        let broken = |error: reqwest::Error| Failure::Broken(format!("{error:?}"));
        let response = self.request(kind, &gateway.client, turn).send().await.map_err(broken)?;
        let status = response.status().as_u16();
        let body = response.text().await.map_err(broken)?;
        if status == expected { Ok(()) } else { Err(Failure::Answer(status, body)) }
    }

    fn request(&self, kind: Kind, client: &Client, turn: usize) -> RequestBuilder {
        let own = |method, path: &str| client.with_token(self.token.clone()).request(method, path);
        match kind {
            Kind::Cached => client.request(Method::GET, "/api/v1/items?limit=5"),
            Kind::Search => client.request(Method::GET, &format!("/api/v1/items?q=drill{turn}")),
            Kind::Own => own(Method::GET, "/api/v1/users/me"),
            Kind::Cart => own(Method::GET, "/api/v1/cart"),
            Kind::Payment => own(Method::GET, "/api/v1/payments/01890a5d-ac96-774b-bcce-b302099a8057"),
            Kind::Write => own(Method::POST, "/api/v1/items").json(&thing("Kite", "tools")),
        }
    }

    async fn look_after(&self, gateway: &Gateway) {
        while !self.over.load(Ordering::Relaxed) {
            gateway.ready.store(is_ready(&gateway.ops).await, Ordering::Relaxed);
            tokio::time::sleep(LOOK).await;
        }
    }
}
