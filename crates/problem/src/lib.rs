//! Problems as RFC 9457 describes them, and the one registry of those that Lendery answers with.
//!
//! Every error a client sees is a [`Problem`] of a registered [`Kind`]; its `type` is an address under `/problems/` where
//! the same words stand on a page. A problem of status 5xx never carries what went wrong inside: that belongs to the log.

mod body;
mod field;
mod kind;
#[cfg(feature = "axum")]
mod response;

pub use body::{FieldProblem, ProblemBody};
pub use field::FieldErrors;
pub use kind::Kind;

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

/// The media type of a problem, RFC 9457 §3.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// What a client is told when its request could not be served.
#[derive(Debug, Clone)]
pub struct Problem {
    kind: Kind,
    detail: Option<String>,
    errors: Vec<FieldProblem>,
    // Boxed because most problems have none, and errors should be cheap to return.
    headers: Box<HeaderMap>,
}

impl Problem {
    /// A problem with nothing to add to what its kind says.
    pub fn new(kind: Kind) -> Self {
        Self { kind, detail: None, errors: Vec::new(), headers: Box::default() }
    }

    /// A problem with a sentence on this occurrence: what was wrong, and what helps.
    pub fn because(kind: Kind, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::new(kind) }
    }

    /// 422 with every field that was refused.
    pub fn invalid(errors: Vec<FieldProblem>) -> Self {
        Self { errors, ..Self::new(Kind::InvalidFields) }
    }

    /// 401 with the challenge of RFC 6750 §3.
    pub fn invalid_token(detail: impl Into<String>) -> Self {
        Self::because(Kind::InvalidToken, detail)
            .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""))
    }

    /// 503 that says when to try again, rounded up to whole seconds.
    pub fn unavailable(detail: impl Into<String>, retry_after: Duration) -> Self {
        Self::because(Kind::Unavailable, detail).retry_after(retry_after)
    }

    /// 405 with the methods that the resource has.
    pub fn method_not_allowed(allowed: &HeaderValue, method: &Method) -> Self {
        Self::because(
            Kind::MethodNotAllowed,
            format!("{method} is not one of the methods of this resource; Allow lists them."),
        )
        .with_header(header::ALLOW, allowed.clone())
    }

    /// Adds `Retry-After`, at least one second.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)))
    }

    /// Adds a response header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    pub fn errors(&self) -> &[FieldProblem] {
        &self.errors
    }

    /// The headers that go with the body, without its content type.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The document a client reads.
    pub fn body(&self, request_id: Option<&str>) -> ProblemBody {
        ProblemBody {
            r#type: format!("/problems/{}", self.kind.slug()),
            title: self.kind.title().to_owned(),
            status: self.kind.status().as_u16(),
            detail: Some(self.detail.as_deref().unwrap_or(self.kind.explanation()).to_owned()),
            code: self.kind.code(),
            request_id: request_id.map(ToOwned::to_owned),
            errors: self.errors.clone(),
        }
    }

    /// The document as JSON text.
    pub fn to_json(&self, request_id: Option<&str>) -> Vec<u8> {
        // Strings, numbers and lists of them always have a JSON form.
        serde_json::to_vec(&self.body(request_id)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_whole_seconds_and_never_zero() {
        for (wait_ms, seconds) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (30_000, "30")] {
            let problem = Problem::unavailable("", Duration::from_millis(wait_ms));
            assert_eq!(problem.headers()[header::RETRY_AFTER], seconds);
        }
    }

    #[test]
    fn a_body_says_where_its_kind_is_explained() {
        let body = Problem::because(Kind::StaleVersion, "The item has version 4.").body(Some("req-1"));
        assert_eq!(body.r#type, "/problems/stale-version");
        assert_eq!(body.code, "stale_version");
        assert_eq!(body.status, 412);
        assert_eq!(body.request_id.as_deref(), Some("req-1"));
    }

    #[test]
    fn whatever_goes_wrong_the_reader_learns_what_helps() {
        let detail = Problem::new(Kind::MissingPrecondition).body(None).detail.unwrap();
        assert!(detail.contains("If-Match"), "{detail}");
    }
}
