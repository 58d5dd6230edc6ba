use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use serde_json::{Value, json};
use service_kit::serve::{Limits, serve};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A service that answers what it was told to, and keeps what it was asked.
#[derive(Clone)]
pub(crate) struct Fake {
    pub(crate) base: String,
    state: Arc<Mutex<Said>>,
}

#[derive(Default)]
struct Said {
    answers: HashMap<String, Told>,
    asked: Vec<Asked>,
}

/// A status, a body and headers.
type Told = (u16, Value, Vec<(String, String)>);

/// A call that the service got.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) call: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) bytes: usize,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Fake {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::<Mutex<Said>>::default();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&state));
        tokio::spawn(serve(listener, router, Limits::default(), CancellationToken::new()));
        Self { base, state }
    }

    /// From now on `call`, such as `GET /api/v1/items`, is answered so.
    pub(crate) fn answer(&self, call: &str, status: u16, body: Value) {
        self.answer_with(call, status, body, &[]);
    }

    pub(crate) fn answer_with(&self, call: &str, status: u16, body: Value, headers: &[(&str, &str)]) {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.state.lock().unwrap().answers.insert(call.to_owned(), (status, body, headers));
    }

    /// From now on `call` is refused with the problem of this code.
    pub(crate) fn refuse(&self, call: &str, status: u16, code: &str) {
        self.answer(call, status, problem(status, code));
    }

    /// From now on nothing is answered but 503.
    pub(crate) fn goes_down(&self) {
        self.state.lock().unwrap().answers.clear();
    }

    /// The calls of this kind so far.
    pub(crate) fn asked(&self, call: &str) -> Vec<Asked> {
        self.state.lock().unwrap().asked.iter().filter(|asked| asked.call == call).cloned().collect()
    }
}

pub(crate) fn problem(status: u16, code: &str) -> Value {
    json!({ "type": format!("/problems/{}", code.replace('_', "-")), "title": code, "status": status, "code": code })
}

async fn answer(
    State(state): State<Arc<Mutex<Said>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut said = state.lock().unwrap();
    let call = format!("{method} {}", uri.path());
    let (bytes, body) = (body.len(), serde_json::from_slice(&body).unwrap_or_default());
    let query = uri.query().unwrap_or_default().to_owned();
    said.asked.push(Asked { call: call.clone(), query, headers, body, bytes });
    let Some((status, body, headers)) = said.answers.get(&call) else {
        return (StatusCode::SERVICE_UNAVAILABLE, problem(503, "unavailable").to_string()).into_response();
    };
    // What is text is no JSON.
    let text = body.as_str().map_or_else(|| body.to_string(), ToOwned::to_owned);
    let mut response = (StatusCode::from_u16(*status).unwrap(), text).into_response();
    for (name, value) in headers {
        let (name, value) = (HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
        response.headers_mut().insert(name, value);
    }
    response
}
