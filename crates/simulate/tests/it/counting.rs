//! A platform of which nothing is real but its addresses, and which counts who asks for what.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use service_kit::clock::Clock;
use service_kit::randomness::Randomness;
use service_kit::serve::{Limits, serve};
use simulate::{Report, SimulateError, Surroundings};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const MORNING: &str = "2027-03-10T12:00:00Z";

/// A platform that is gone with this value.
pub(crate) struct Platform {
    pub(crate) base: String,
    state: Counting,
    shutdown: CancellationToken,
}

#[derive(Clone, Default)]
struct Counting(Arc<Mutex<Counted>>);

#[derive(Default)]
struct Counted {
    requests: BTreeMap<&'static str, usize>,
    /// How often those who register are told to come back.
    busy: usize,
    /// Whether nobody may register.
    closed: bool,
    empty: bool,
}

impl Platform {
    pub(crate) async fn start() -> Self {
        let state = Counting::default();
        let router = Router::new()
            .route("/api/v1/auth/register", post(register))
            .route("/api/v1/auth/login", post(login))
            .route("/api/v1/items", get(list))
            .route("/api/v1/items/{id}", get(one))
            .route("/api/v1/items/{id}/availability", get(calendar))
            .route("/api/v1/orders", post(place))
            .route("/api/v1/orders/{id}", get(progress))
            .with_state(state.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        tokio::spawn(serve(listener, router, Limits::default(), shutdown.clone()));
        Self { base, state, shutdown }
    }

    pub(crate) async fn busy(times: usize) -> Self {
        let platform = Self::start().await;
        platform.state.0.lock().unwrap().busy = times;
        platform
    }

    pub(crate) async fn closed() -> Self {
        let platform = Self::start().await;
        platform.state.0.lock().unwrap().closed = true;
        platform
    }

    pub(crate) async fn empty() -> Self {
        let platform = Self::start().await;
        platform.state.0.lock().unwrap().empty = true;
        platform
    }

    pub(crate) fn count(&self, what: &str) -> usize {
        self.state.0.lock().unwrap().requests.get(what).copied().unwrap_or(0)
    }

    /// Runs crowds against it for a second each.
    pub(crate) async fn simulate(&self, members: &[&str], buys: &[&str]) -> Result<Vec<Report>, SimulateError> {
        simulate(&self.base, members, buys).await
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

pub(crate) async fn simulate(base: &str, members: &[&str], buys: &[&str]) -> Result<Vec<Report>, SimulateError> {
    let members: Vec<_> = members.iter().map(|number| number.parse().unwrap()).collect();
    let buys: Vec<_> = buys.iter().map(|number| number.parse().unwrap()).collect();
    let surroundings =
        Surroundings { base: base.parse().unwrap(), clock: Clock::system(), randomness: Randomness::seeded(7) };
    simulate::run(&surroundings, &simulate::Crowd::each(&members, &buys), "1".parse().unwrap(), |_| {}).await
}

impl Counting {
    fn note(&self, what: &'static str) {
        *self.0.lock().unwrap().requests.entry(what).or_default() += 1;
    }
}

async fn register(State(state): State<Counting>) -> Response {
    state.note("register");
    let mut counted = state.0.lock().unwrap();
    if counted.closed {
        let problem = json!({ "type": "/problems/forbidden", "title": "Not allowed.", "status": 403,
            "code": "forbidden", "detail": "This town is full.", "request_id": "1", "errors": [] });
        return (StatusCode::FORBIDDEN, Json(problem)).into_response();
    }
    if counted.busy > 0 {
        counted.busy -= 1;
        return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")]).into_response();
    }
    StatusCode::CREATED.into_response()
}

async fn login(State(state): State<Counting>) -> Json<Value> {
    state.note("login");
    Json(json!({ "access_token": "a", "token_type": "Bearer", "expires_in": 300, "refresh_token": "r", "user_id": ID }))
}

async fn list(State(state): State<Counting>) -> Json<Value> {
    state.note("list");
    let items = if state.0.lock().unwrap().empty { Vec::new() } else { vec![item()] };
    Json(json!({ "items": items, "next": null }))
}

async fn one(State(state): State<Counting>) -> Json<Value> {
    state.note("item");
    Json(item())
}

async fn calendar(State(state): State<Counting>) -> Json<Value> {
    state.note("calendar");
    Json(json!({ "days": [] }))
}

async fn place(State(state): State<Counting>) -> (StatusCode, Json<Value>) {
    state.note("order");
    (StatusCode::ACCEPTED, Json(order("pending", false)))
}

async fn progress(State(state): State<Counting>, Path(_): Path<String>) -> Json<Value> {
    state.note("progress");
    Json(order("confirmed", true))
}

fn item() -> Value {
    json!({
        "id": "01890a5d-ac96-774b-bcce-b302099a8058", "owner_id": "01890a5d-ac96-774b-bcce-b302099a8059",
        "name": "Cordless drill", "description": "", "category": "tools", "tags": [], "condition": "good",
        "offer": "lend", "units": 2, "daily_price": null, "deposit": null, "max_loan_days": 14, "buffer_hours": 0,
        "stock": null, "price": null, "approval": "auto", "pickup": null, "photos": [], "status": "listed",
        "version": 1, "created_at": MORNING, "updated_at": MORNING,
    })
}

fn order(state: &str, settled: bool) -> Value {
    let nothing = json!({ "amount_minor": 0, "currency": "EUR" });
    json!({
        "id": ID, "number": 1, "borrower_id": ID, "lines": [], "total": nothing, "deposit_total": nothing,
        "provider": null, "state": state, "state_reason": null, "settled": settled, "stuck": false,
        "created_at": MORNING, "updated_at": MORNING, "version": 1,
    })
}
