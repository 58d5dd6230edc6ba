use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header};
use peer::PeerError;
use problem::{Kind, Problem};
use service_kit::serve::limits;

use crate::body::Body;
use crate::cache::directives::ResponseDirectives;
use crate::cache::status::{CACHE_STATUS, CacheStatus, Forward};

/// What a client reads when an upstream does not answer, where nothing better is known.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A fetch that failed, kept so that it can be told to everybody who waited for it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No answer.
    Peer(PeerError),
    /// The upstream's own word that it failed.
    Answer { status: StatusCode, headers: HeaderMap, body: Bytes },
}

impl Failure {
    /// Whether everybody who waits may be told of it.
    pub(crate) fn is_for_all(&self) -> bool {
        match self {
            Self::Peer(_) => true,
            Self::Answer { headers, .. } => !ResponseDirectives::of(headers).private,
        }
    }

    /// # Errors
    /// A problem, where the upstream did not answer at all.
    pub(crate) fn to_response(&self, why: Forward, collapsed: bool) -> Result<Response<Body>, Problem> {
        match self {
            Self::Peer(error) => Err(unavailable(error, 0)),
            Self::Answer { status, headers, body } => {
                let mut response = Response::new(Body::Whole(body.clone()));
                *response.status_mut() = *status;
                *response.headers_mut() = headers.clone();
                response.headers_mut().insert(header::CONTENT_LENGTH, body.len().into());
                if collapsed {
                    // What it sets was meant for the one who asked.
                    response.headers_mut().remove(header::SET_COOKIE);
                }
                let said = CacheStatus::Forwarded { why, status: Some(*status), stored: false, collapsed };
                response.headers_mut().append(CACHE_STATUS, said.to_header());
                Ok(response)
            }
        }
    }
}

/// Tells the operator of a call without an answer. What an open breaker refuses has been told when it opened, and what a
/// client breaks off is its own affair.
pub(crate) fn log(error: &PeerError, upstream: &str) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    match error {
        PeerError::Open { .. } | PeerError::RequestBody { .. } | PeerError::InvalidRequest { .. } => {
            tracing::debug!(upstream, error = %error, cause, "not passed on");
        }
        _ => tracing::warn!(upstream, error = %error, cause, "not answered by its upstream"),
    }
}

/// The problem a client reads instead of an answer. `body_bytes` is what its own body may have.
pub(crate) fn unavailable(error: &PeerError, body_bytes: u64) -> Problem {
    match error {
        PeerError::RequestBody { source: Some(source), .. } => limits::body_problem(&**source, body_bytes),
        PeerError::RequestBody { source: None, .. } => limits::late_body(),
        PeerError::InvalidRequest { .. } => {
            Problem::because(Kind::MalformedRequest, "The request cannot be passed on as it stands.")
        }
        _ if error.nothing_was_sent() => Problem::unavailable(
            "The service behind this address does not answer. Nothing was changed.",
            error.retry_after().unwrap_or(TRY_AGAIN_AFTER),
        ),
        _ => Problem::unavailable(
            "The service behind this address did not answer in time. A change that was asked for may have happened: \
             repeat it with the same Idempotency-Key, or read before you write again.",
            error.retry_after().unwrap_or(TRY_AGAIN_AFTER),
        ),
    }
}
