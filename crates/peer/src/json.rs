use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::BodyExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};
use url::form_urlencoded;

use crate::attempt::patience;
use crate::{BodyError, BoxError, CallContext, Peer, PeerError, RequestBody, ResponseBody};

/// Longer than any list of this platform: 100 items of at most 16 KiB each, doubled.
const LONGEST_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// One JSON call in the making: [`Peer::get`] and [`Peer::post`] begin it, [`JsonCall::receive`] makes it.
#[derive(Debug)]
pub struct JsonCall<'a> {
    peer: &'a Peer,
    context: &'a CallContext,
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Result<RequestBody, &'static str>,
}

impl<'a> JsonCall<'a> {
    pub(crate) fn new(peer: &'a Peer, context: &'a CallContext, method: Method, path: &str) -> Self {
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        Self { peer, context, method, target: path.to_owned(), headers, body: Ok(RequestBody::empty()) }
    }

    /// Adds a query parameter; both parts are encoded.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.target.push(if self.target.contains('?') { '&' } else { '?' });
        self.target.extend(form_urlencoded::byte_serialize(name.as_bytes()));
        self.target.push('=');
        self.target.extend(form_urlencoded::byte_serialize(value.as_bytes()));
        self
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = serde_json::to_vec(body).map(RequestBody::full).map_err(|_| "its body cannot be written as JSON");
        self
    }

    /// Makes the call and reads the answer as `T`.
    ///
    /// # Errors
    /// Any [`PeerError`]; a status other than 2xx is [`PeerError::Status`].
    pub async fn receive<T: DeserializeOwned>(self) -> Result<T, PeerError> {
        let peer = self.peer.shared_name();
        let body = self.exchange().await?;
        serde_json::from_slice(&body).map_err(|source| PeerError::Unreadable { peer, source })
    }

    /// Makes the call; of the answer only the status counts.
    ///
    /// # Errors
    /// As for [`JsonCall::receive`].
    pub async fn acknowledge(self) -> Result<(), PeerError> {
        self.exchange().await.map(drop)
    }

    async fn exchange(self) -> Result<Bytes, PeerError> {
        let Self { peer, context, method, target, headers, body } = self;
        let unusable = |reason| PeerError::InvalidRequest { peer: peer.shared_name(), reason };
        let uri = target.parse::<Uri>().map_err(|_| unusable("its path or query is malformed"))?;
        let mut request = Request::new(body.map_err(unusable)?);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        let (answer, body) = peer.send(request, context).await?.into_parts();
        let body = read(peer, context, body).await?;
        if answer.status.is_success() {
            return Ok(body);
        }
        Err(refused(peer.shared_name(), answer.status, &answer.headers, body))
    }
}

fn refused(peer: Arc<str>, status: StatusCode, headers: &HeaderMap, body: Bytes) -> PeerError {
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    PeerError::Status { peer, status, retry_after: seconds.map(Duration::from_secs), body }
}

/// Reads a body whole, within the call's deadline.
async fn read(peer: &Peer, context: &CallContext, mut body: ResponseBody) -> Result<Bytes, PeerError> {
    let began = Instant::now();
    let mut whole = BytesMut::new();
    loop {
        let Ok(frame) = timeout_at(context.deadline(), body.frame()).await else {
            body.give_up(patience(peer.settings()));
            return Err(PeerError::Timeout { peer: peer.shared_name(), after: began.elapsed() });
        };
        let Some(frame) = frame else { return Ok(whole.freeze()) };
        let frame = frame.map_err(broken)?;
        let Some(data) = frame.data_ref() else { continue };
        if whole.len() + data.len() > LONGEST_ANSWER_BYTES {
            return Err(PeerError::TooLarge { peer: peer.shared_name(), limit_bytes: LONGEST_ANSWER_BYTES });
        }
        whole.extend_from_slice(data);
    }
}

fn broken(error: BodyError) -> PeerError {
    match error {
        BodyError::Stalled { peer, idle } => PeerError::Timeout { peer, after: idle },
        BodyError::Broken { peer, source } => PeerError::Broken { peer, source: BoxError::from(source) },
    }
}
