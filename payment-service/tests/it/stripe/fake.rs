//! A Stripe of ours that follows what is documented of theirs: keys, errors, the life of an intent, signed events.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Body;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::stream;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::intents::{Error, Fields, Intents};

/// The account's key, and the secret that its events are signed with.
pub(crate) const KEY: &str = "sk_test_lendery";
pub(crate) const SECRET: &str = "whsec_lendery";

/// A running fake.
pub(crate) struct FakeStripe {
    pub(crate) url: String,
    account: Account,
    serving: JoinHandle<()>,
}

#[derive(Clone, Default)]
struct Account(Arc<Mutex<Books>>);

#[derive(Default)]
struct Books {
    intents: Intents,
    /// By key: what was asked, and what was answered.
    answers: HashMap<String, (String, u16, Value)>,
    faults: HashSet<(usize, Fault)>,
    calls: usize,
    events: u64,
    down: bool,
}

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Fault {
    /// It is done, and the answer breaks off.
    LostAnswer,
    /// It never arrives.
    LostRequest,
    /// 429, and nothing is done.
    RateLimited,
}

impl FakeStripe {
    pub(crate) async fn start() -> Self {
        let account = Account::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/v1/customers", post(call))
            .route("/v1/payment_intents", post(call))
            .route("/v1/payment_intents/{id}", get(read))
            .route("/v1/payment_intents/{id}/{verb}", post(call))
            .route("/v1/refunds", post(call))
            .with_state(account.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, account, serving }
    }

    /// Lets the call with this number, counted from 0 and from now on, go wrong.
    pub(crate) fn fail(&self, number: usize, fault: Fault) {
        let mut books = self.books();
        let number = books.calls + number;
        books.faults.insert((number, fault));
    }

    /// From now on nothing arrives, or all of it again.
    pub(crate) fn set_down(&self, down: bool) {
        self.books().down = down;
    }

    /// Held, taken and given back in all, by its own books.
    pub(crate) fn amounts(&self) -> (i64, i64, i64) {
        self.books().intents.amounts()
    }

    /// The intent that was made last.
    pub(crate) fn last_intent(&self) -> String {
        self.books().intents.last()
    }

    /// The holder of the card approves an intent that waits for it.
    pub(crate) fn approve(&self, intent: &str) {
        self.books().intents.approve(intent);
    }

    /// A hold ends by itself, as after seven days.
    pub(crate) fn lapse(&self, intent: &str) {
        self.books().intents.cancel(intent).unwrap();
    }

    /// An event about an intent as it is now, with its signature of this time.
    pub(crate) fn event(&self, kind: &str, intent: &str, seconds: i64) -> (String, String) {
        let mut books = self.books();
        books.events += 1;
        let object = books.intents.get(intent).unwrap();
        let event = json!({ "id": format!("evt_{}", books.events), "object": "event", "type": kind,
            "created": seconds, "data": { "object": object } });
        let body = event.to_string();
        (sign(SECRET, seconds, &body), body)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.account.0.lock().unwrap()
    }
}

impl Drop for FakeStripe {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The header of a signed event.
pub(crate) fn sign(secret: &str, seconds: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{seconds}.{body}").as_bytes());
    let digits = mac.finalize().into_bytes();
    let hex = digits.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    format!("t={seconds},v1={hex}")
}

async fn read(State(Account(books)): State<Account>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let mut books = books.lock().unwrap();
    books.calls += 1;
    if books.down {
        return broken();
    }
    if !authorised(&headers) {
        return answer(401, &json!({ "type": "invalid_request_error", "message": "Invalid API Key provided" }));
    }
    match books.intents.get(&id) {
        Ok(intent) => axum::Json(intent).into_response(),
        Err(error) => answer(error.0, &error.1),
    }
}

async fn call(
    State(Account(books)): State<Account>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Response {
    let mut books = books.lock().unwrap();
    let number = books.calls;
    books.calls += 1;
    if books.down {
        return broken();
    }
    if !authorised(&headers) {
        return answer(401, &json!({ "type": "invalid_request_error", "message": "Invalid API Key provided" }));
    }
    let fault = [Fault::LostAnswer, Fault::LostRequest, Fault::RateLimited];
    let fault = fault.into_iter().find(|fault| books.faults.contains(&(number, *fault)));
    match fault {
        Some(Fault::LostRequest) => return broken(),
        Some(Fault::RateLimited) => return answer(429, &json!({ "type": "rate_limit_error", "message": "slow down" })),
        _ => {}
    }
    let key = headers.get("idempotency-key").map(|key| key.to_str().unwrap().to_owned()).unwrap_or_default();
    let asked = format!("{method} {} {fields:?}", uri.path());
    let (status, body) = match books.answers.get(&key) {
        Some((before, ..)) if *before != asked => {
            let message =
                "Keys for idempotent requests can only be used with the same parameters they were first used with.";
            return answer(400, &json!({ "type": "idempotency_error", "message": message }));
        }
        Some((_, status, body)) => (*status, body.clone()),
        None => {
            let done = books.intents.execute(uri.path(), &Fields(fields));
            let (status, body) =
                done.map_or_else(|Error(status, error)| (status, json!({ "error": error })), |body| (200, body));
            // What fails validation has not begun, and its key is not used up.
            if status != 400 && status != 404 {
                books.answers.insert(key, (asked, status, body.clone()));
            }
            (status, body)
        }
    };
    if fault == Some(Fault::LostAnswer) {
        return broken();
    }
    (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
}

fn authorised(headers: &HeaderMap) -> bool {
    let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    given == format!("Bearer {KEY}") && headers.contains_key("stripe-version")
}

fn answer(status: u16, error: &Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), axum::Json(json!({ "error": error }))).into_response()
}

/// An answer that breaks off.
fn broken() -> Response {
    Response::new(Body::from_stream(stream::iter([Err::<Vec<u8>, _>(std::io::Error::other("gone"))])))
}
