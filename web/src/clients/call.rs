use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, IF_MATCH, USER_AGENT};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use peer::{CallContext, Peer, PeerError, RequestBody, ResponseBody};
use problem::ProblemBody;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::form_urlencoded;
use vocabulary::Secret;

use super::ApiError;

/// How long a page waits for one service, so that it can still say what is missing while its reader is there.
const PATIENCE: Duration = Duration::from_secs(3);

/// Longer than any list of this platform.
const LONGEST_ANSWER_BYTES: usize = 4 * 1024 * 1024;

const CACHE_GROUP_INVALIDATION: HeaderName = HeaderName::from_static("cache-group-invalidation");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// On whose behalf a service is asked: the headers of the page's own request, and the member's token if there is one.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    pub(crate) headers: HeaderMap,
    pub(crate) token: Option<Secret>,
}

/// What a service answered.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    pub(crate) body: T,
    /// The cache groups that a write has made stale, for the gateway.
    pub(crate) invalidates: Option<HeaderValue>,
}

/// One call in the making.
#[derive(Debug)]
pub(super) struct Call<'a> {
    peer: &'a Peer,
    service: &'static str,
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Bytes,
    patience: Duration,
}

impl<'a> Call<'a> {
    pub(super) fn new(peer: &'a Peer, service: &'static str, method: Method, path: impl Into<String>) -> Self {
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        Self { peer, service, method, target: path.into(), headers, body: Bytes::new(), patience: PATIENCE }
    }

    /// Waits this long for what takes its time.
    pub(super) fn patient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    pub(super) fn query(mut self, name: &str, value: &str) -> Self {
        self.target.push(if self.target.contains('?') { '&' } else { '?' });
        self.target.push_str(&form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish());
        self
    }

    pub(super) fn version(self, version: i64) -> Self {
        self.header(IF_MATCH, &format!("\"{version}\""))
    }

    pub(super) fn key(self, key: &str) -> Self {
        self.header(IDEMPOTENCY_KEY, key)
    }

    pub(super) fn json(self, body: &impl Serialize) -> Self {
        self.body("application/json", body)
    }

    pub(super) fn merge_patch(self, body: &impl Serialize) -> Self {
        self.body("application/merge-patch+json", body)
    }

    fn body(mut self, media_type: &'static str, body: &impl Serialize) -> Self {
        // Our own request types always have a JSON form.
        self.body = serde_json::to_vec(body).unwrap_or_default().into();
        self.header(CONTENT_TYPE, media_type)
    }

    /// Sends a file as the body itself.
    pub(super) fn file(mut self, media_type: &str, bytes: Bytes) -> Self {
        self.body = bytes;
        self.header(CONTENT_TYPE, media_type)
    }

    pub(super) fn header(mut self, name: HeaderName, value: &str) -> Self {
        // What a form sent may hold bytes that no header can; the service then says that the header is missing.
        if let Ok(value) = HeaderValue::try_from(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Makes the call and reads the answer as `T`.
    pub(super) async fn receive<T: DeserializeOwned>(self, asking: &Asking) -> Result<Answer<T>, ApiError> {
        let service = self.service;
        let Answer { body, invalidates } = self.exchange(asking).await?;
        let body = serde_json::from_slice(&body).map_err(|error| ApiError::Missing {
            service,
            reason: format!("its answer has another shape: {error}"),
            retry_after: None,
            source: None,
        })?;
        Ok(Answer { body, invalidates })
    }

    /// Makes the call; of the answer only what it invalidates counts.
    pub(super) async fn acknowledge(self, asking: &Asking) -> Result<Answer<()>, ApiError> {
        let Answer { invalidates, .. } = self.exchange(asking).await?;
        Ok(Answer { body: (), invalidates })
    }

    /// Makes the call and reads the answer as it is.
    pub(super) async fn bytes(self, asking: &Asking) -> Result<Bytes, ApiError> {
        Ok(self.exchange(asking).await?.body)
    }

    /// Makes the call and hands on the answer's body as it comes, for as long as it comes.
    pub(super) async fn stream(self, asking: &Asking) -> Result<(StatusCode, ResponseBody), ApiError> {
        let (service, context) = (self.service, CallContext::serving(&asking.headers, self.patience));
        let (parts, body) = self.send(asking, &context).await?;
        if parts.status.is_success() {
            return Ok((parts.status, body));
        }
        Err(failed(service, parts.status, &read(service, body, &context).await?))
    }

    async fn exchange(self, asking: &Asking) -> Result<Answer<Bytes>, ApiError> {
        let (service, context) = (self.service, CallContext::serving(&asking.headers, self.patience));
        let (parts, body) = self.send(asking, &context).await?;
        let body = read(service, body, &context).await?;
        if parts.status.is_success() {
            return Ok(Answer { body, invalidates: parts.headers.get(CACHE_GROUP_INVALIDATION).cloned() });
        }
        Err(failed(service, parts.status, &body))
    }

    async fn send(self, asking: &Asking, context: &CallContext) -> Result<(Parts, ResponseBody), ApiError> {
        let Self { peer, service, method, target, headers, body, .. } = self;
        let mut request = Request::new(RequestBody::full(body));
        *request.method_mut() = method;
        *request.uri_mut() = target.parse().map_err(|_| missing(service, "the call has no usable address", None))?;
        *request.headers_mut() = with_caller(headers, asking);
        let answer = peer.send(request, context).await;
        Ok(answer.map_err(|error| missing(service, &error.to_string(), Some(error)))?.into_parts())
    }
}

async fn read(service: &'static str, body: ResponseBody, context: &CallContext) -> Result<Bytes, ApiError> {
    let read = tokio::time::timeout_at(context.deadline(), Limited::new(body, LONGEST_ANSWER_BYTES).collect());
    match read.await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) => Err(missing(service, &error.to_string(), None)),
        Err(_) => Err(missing(service, "its answer did not end in time", None)),
    }
}

fn missing(service: &'static str, reason: &str, source: Option<PeerError>) -> ApiError {
    let retry_after = source.as_ref().and_then(PeerError::retry_after);
    ApiError::Missing { service, reason: reason.to_owned(), retry_after, source: source.map(Box::new) }
}

fn failed(service: &'static str, status: StatusCode, body: &[u8]) -> ApiError {
    refused(status, body).unwrap_or_else(|| missing(service, &format!("it answered {status}"), None))
}

/// The problem of a 4xx. Whatever else a service says is no usable answer.
fn refused(status: StatusCode, body: &[u8]) -> Option<ApiError> {
    let body: ProblemBody = serde_json::from_slice(body).ok().filter(|_| status.is_client_error())?;
    Some(ApiError::Refused { status, body: Box::new(body) })
}

/// Adds who asks: the member's token, the browser's name for itself, and the address that the gateway saw.
fn with_caller(mut headers: HeaderMap, asking: &Asking) -> HeaderMap {
    for name in [USER_AGENT, X_FORWARDED_FOR] {
        if let Some(value) = asking.headers.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    let token = asking.token.as_ref().map(|token| HeaderValue::try_from(format!("Bearer {}", token.expose())));
    if let Some(Ok(mut value)) = token {
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    headers
}
