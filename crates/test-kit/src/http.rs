//! A small JSON client that speaks the house's API conventions and shows the whole answer when a status surprises.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, IF_MATCH};
use reqwest::{Method, RequestBuilder, redirect};
use serde_json::Value;

/// No answer takes longer; a hang fails the test rather than its run.
const DEADLINE: Duration = Duration::from_secs(30);

/// A client of one base URL, anonymous unless it was given a token. It follows no redirects.
#[derive(Debug, Clone)]
pub struct Client {
    base: String,
    token: Option<String>,
    http: reqwest::Client,
}

impl Client {
    /// An anonymous client of `base`, such as `http://127.0.0.1:8080`.
    pub fn new(base: impl Into<String>) -> Self {
        #[expect(clippy::disallowed_methods, reason = "tests call services from outside, without peer's breakers")]
        let builder = reqwest::Client::builder();
        let client = builder.no_proxy().redirect(redirect::Policy::none()).timeout(DEADLINE).build();
        Self { base: base.into(), token: None, http: client.expect("a client without TLS always builds") }
    }

    /// The base URL, without a slash at its end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The same client, sending `Authorization: Bearer <token>`.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: Some(token.into()), ..self.clone() }
    }

    /// GET `path`, which begins with a slash and may carry a query.
    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    /// POST `body` as JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await
    }

    /// PUT `body` as JSON over the version that `etag` names.
    pub async fn put(&self, path: &str, etag: &str, body: &Value) -> Answer {
        send(self.request(Method::PUT, path).header(IF_MATCH, etag).json(body)).await
    }

    /// PATCH with a merge patch (RFC 7396) over the version that `etag` names.
    pub async fn patch(&self, path: &str, etag: &str, changes: &Value) -> Answer {
        let request = self.request(Method::PATCH, path).header(IF_MATCH, etag);
        send(request.header(CONTENT_TYPE, "application/merge-patch+json").body(changes.to_string())).await
    }

    /// DELETE the version that `etag` names.
    pub async fn delete(&self, path: &str, etag: &str) -> Answer {
        send(self.request(Method::DELETE, path).header(IF_MATCH, etag)).await
    }

    /// A request to shape further and hand to [`send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }
}

/// Sends `request` and reads the whole answer.
pub async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.bytes().await.expect("a whole body").to_vec();
    Answer { status, headers, body }
}

/// A whole response.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The bytes of the body.
    pub body: Vec<u8>,
}

impl Answer {
    /// This answer, if its status is `status`; otherwise panics and shows it.
    #[expect(clippy::return_self_not_must_use, reason = "the status is often all that is asked")]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:#?}\n{}", self.headers, self.text());
        self
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        let parsed = serde_json::from_slice(&self.body);
        parsed.unwrap_or_else(|error| panic!("{error}, status {}, body: {}", self.status, self.text()))
    }

    /// The `code` of a problem (RFC 9457, with the house's extension); panics when the body is no problem.
    #[track_caller]
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text());
        self.json()["code"].as_str().map(str::to_owned).expect("a problem has a code")
    }

    /// The one value of a header, if it is there and text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The entity tag, as `If-Match` wants it.
    #[track_caller]
    pub fn etag(&self) -> String {
        self.header("etag").map(str::to_owned).expect("an ETag")
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
