use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

use crate::BoxError;

/// Why a call to a peer gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// The circuit breaker refused the call; nothing was sent.
    #[error("{peer} is failing and is left alone for now")]
    Open { peer: Arc<str>, retry_after: Duration },
    /// No instance is known yet: DNS has not answered. Nothing was sent.
    #[error("no address of {peer} is known")]
    Unresolved { peer: Arc<str> },
    /// No answer within the time allowed for an attempt or for the whole call.
    #[error("{peer} did not answer within {} ms", after.as_millis())]
    Timeout { peer: Arc<str>, after: Duration },
    /// No connection; nothing was sent.
    #[error("{peer} cannot be reached")]
    Connect {
        peer: Arc<str>,
        #[source]
        source: hyper_util::client::legacy::Error,
    },
    /// The connection broke after the request was begun; the upstream may have acted on it.
    #[error("{peer} broke the connection before it had answered")]
    Broken {
        peer: Arc<str>,
        #[source]
        source: BoxError,
    },
    /// The caller's own request body failed or stalled; no fault of the upstream.
    #[error("the body of the request to {peer} failed or stalled on the way in")]
    RequestBody {
        peer: Arc<str>,
        #[source]
        source: Option<BoxError>,
    },
    /// The request cannot be sent as it stands.
    #[error("the request to {peer} is unusable: {reason}")]
    InvalidRequest { peer: Arc<str>, reason: &'static str },
    /// JSON calls only: the upstream answered with another status than 2xx.
    #[error("{peer} answered {status}")]
    Status {
        peer: Arc<str>,
        status: StatusCode,
        /// What the upstream's `Retry-After` says, in whole seconds.
        retry_after: Option<Duration>,
        /// The answer's body, normally a problem document (RFC 9457).
        body: Bytes,
    },
    /// JSON calls only: the answer is not the JSON that was expected.
    #[error("{peer} answered with JSON of another shape")]
    Unreadable {
        peer: Arc<str>,
        #[source]
        source: serde_json::Error,
    },
    /// JSON calls only: the answer is longer than any answer of this platform.
    #[error("{peer} answered with more than {limit_bytes} bytes")]
    TooLarge { peer: Arc<str>, limit_bytes: usize },
}

impl PeerError {
    /// Whether the same call may succeed a little later. Repeating it is safe only if it is idempotent, or if the error
    /// [says that nothing was sent](Self::nothing_was_sent).
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Open { .. }
            | Self::Unresolved { .. }
            | Self::Timeout { .. }
            | Self::Connect { .. }
            | Self::Broken { .. } => true,
            Self::Status { status, .. } => is_transient(*status) || matches!(*status, StatusCode::TOO_MANY_REQUESTS),
            Self::RequestBody { .. }
            | Self::InvalidRequest { .. }
            | Self::Unreadable { .. }
            | Self::TooLarge { .. } => false,
        }
    }

    /// Whether the upstream cannot have seen the request.
    pub fn nothing_was_sent(&self) -> bool {
        matches!(self, Self::Open { .. } | Self::Unresolved { .. } | Self::Connect { .. } | Self::InvalidRequest { .. })
    }

    /// How long to wait before the next try, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Open { retry_after, .. } => Some(*retry_after),
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// What it is, in a word that metrics and traces can count.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Unresolved { .. } => "unresolved",
            Self::Timeout { .. } => "timeout",
            Self::Connect { .. } => "connect",
            Self::Broken { .. } => "broken",
            Self::RequestBody { .. } => "request_body",
            Self::InvalidRequest { .. } => "invalid_request",
            Self::Status { .. } => "status",
            Self::Unreadable { .. } => "unreadable",
            Self::TooLarge { .. } => "too_large",
        }
    }

    /// The status the upstream refused the call with, if it answered at all.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }
}

/// Why a response body ended early.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// No further byte within the time allowed between two.
    #[error("{peer} stopped in the middle of its answer for {} ms", idle.as_millis())]
    Stalled { peer: Arc<str>, idle: Duration },
    /// The connection broke.
    #[error("{peer} broke the connection in the middle of its answer")]
    Broken {
        peer: Arc<str>,
        #[source]
        source: hyper::Error,
    },
}

/// The statuses with which an upstream says "not now" rather than "not so" (RFC 9110 §15.6.3 to §15.6.5).
pub(crate) fn is_transient(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT)
}
