use std::time::Duration;

use http::StatusCode;
use peer::PeerError;
use serde::Deserialize;

/// Why a call to the order service did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// The token is not active, or it is not the caller's to do.
    #[error("the order service does not let this caller do it: {0}")]
    NotAllowed(String),
    /// There is no such order, or not for this caller.
    #[error("there is no such order: {0}")]
    Missing(String),
    /// The state of the order does not allow it.
    #[error("the order cannot do it: {0}")]
    Conflict(String),
    /// The request was wrong, and will be.
    #[error("the order service refuses it: {0}")]
    Refused(String),
    /// No usable answer: it may or may not have happened.
    #[error("the order service gave no usable answer")]
    Unavailable(#[source] PeerError),
}

impl OrderError {
    /// Whether the same call may succeed a little later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(error) if error.is_retryable())
    }

    /// When asking again makes sense, if that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable(error) => error.retry_after(),
            _ => None,
        }
    }
}

impl From<PeerError> for OrderError {
    /// What the order service has said, or that it has said nothing of use.
    fn from(error: PeerError) -> Self {
        let PeerError::Status { status, body, .. } = &error else {
            return Self::Unavailable(error);
        };
        match *status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Self::NotAllowed(words(body)),
            StatusCode::NOT_FOUND => Self::Missing(words(body)),
            StatusCode::CONFLICT => Self::Conflict(words(body)),
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Self::Refused(words(body)),
            _ => Self::Unavailable(error),
        }
    }
}

/// What a problem document (RFC 9457) says for people.
fn words(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Document {
        title: String,
        detail: Option<String>,
        #[serde(default)]
        errors: Vec<Field>,
    }
    #[derive(Deserialize)]
    struct Field {
        pointer: String,
        detail: String,
    }
    let Ok(Document { title, detail, errors }) = serde_json::from_slice(body) else {
        return "it did not say why".to_owned();
    };
    let fields = errors.into_iter().map(|Field { pointer, detail }| format!("{pointer}: {detail}"));
    [detail.unwrap_or(title)].into_iter().chain(fields).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_problem() {
        let body = br#"{"title":"Some fields","errors":[{"pointer":"/lines","code":"x","detail":"Too many."}]}"#;
        let status = |status| PeerError::Status {
            peer: "order-service".into(),
            status,
            retry_after: None,
            body: body[..].into(),
        };
        let error = OrderError::from(status(StatusCode::UNPROCESSABLE_ENTITY));
        assert_eq!(error.to_string(), "the order service refuses it: Some fields /lines: Too many.");
        assert!(OrderError::from(status(StatusCode::SERVICE_UNAVAILABLE)).is_retryable());
    }
}
