use std::time::Duration;

use http::StatusCode;
use peer::PeerError;
use serde::Deserialize;

/// Why a call to the payment service did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    /// There is no such payment.
    #[error("there is no such payment: {0}")]
    Missing(String),
    /// The amounts do not allow it, or the key was voided before.
    #[error("the payment cannot do it: {0}")]
    Conflict(String),
    /// The request was wrong, and will be.
    #[error("the payment service refuses it: {0}")]
    Refused(String),
    /// The same is being worked on; ask again a little later.
    #[error("the payment is being worked on")]
    InFlight,
    /// No usable answer: it may or may not have happened. Asking again with the same key tells.
    #[error("the payment service gave no usable answer")]
    Unavailable(#[source] PeerError),
}

/// A field that the payment service refuses, and why.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RefusedField {
    /// Its place in the request, as a JSON Pointer (RFC 6901).
    pub pointer: String,
    pub code: String,
    /// A sentence for people.
    pub detail: String,
}

impl PaymentError {
    /// Whether the same call may succeed a little later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::InFlight => true,
            Self::Unavailable(error) => error.is_retryable(),
            Self::Missing(_) | Self::Conflict(_) | Self::Refused(_) => false,
        }
    }

    /// When asking again makes sense, if that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::InFlight => Some(Duration::from_secs(1)),
            Self::Unavailable(error) => error.retry_after(),
            _ => None,
        }
    }
}

impl From<PeerError> for PaymentError {
    /// What the payment service has said, or that it has said nothing of use.
    fn from(error: PeerError) -> Self {
        let PeerError::Status { status, body, .. } = &error else {
            return Self::Unavailable(error);
        };
        let Words { code, text } = Words::of(body);
        match *status {
            StatusCode::NOT_FOUND => Self::Missing(text),
            StatusCode::CONFLICT if code == "request_in_flight" => Self::InFlight,
            StatusCode::CONFLICT => Self::Conflict(text),
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Self::Refused(text),
            _ => Self::Unavailable(error),
        }
    }
}

/// What a problem document (RFC 9457) says for programs and for people.
struct Words {
    code: String,
    /// What is wrong with each field, if it is about fields.
    text: String,
}

/// The fields that a problem document names.
pub(crate) fn refused_fields(body: &[u8]) -> Vec<RefusedField> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Document {
        errors: Vec<RefusedField>,
    }
    serde_json::from_slice::<Document>(body).unwrap_or_default().errors
}

impl Words {
    fn of(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Document {
            title: String,
            detail: Option<String>,
            #[serde(default)]
            code: String,
        }
        let Ok(Document { title, detail, code }) = serde_json::from_slice(body) else {
            return Self { code: String::new(), text: "it did not say why".to_owned() };
        };
        let fields: Vec<_> = refused_fields(body).into_iter().map(|field| field.detail).collect();
        Self { code, text: if fields.is_empty() { detail.unwrap_or(title) } else { fields.join(" ") } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: StatusCode, body: &'static [u8]) -> PaymentError {
        PeerError::Status { peer: "payment-service".into(), status, retry_after: None, body: body.into() }.into()
    }

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_problem() {
        let body = br#"{"title":"Some fields","errors":[{"pointer":"/amount","code":"x","detail":"Too much."}]}"#;
        let error = answered(StatusCode::UNPROCESSABLE_ENTITY, body);
        assert_eq!(error.to_string(), "the payment service refuses it: Too much.");
        assert!(matches!(answered(StatusCode::CONFLICT, b"<html>"), PaymentError::Conflict(_)));
    }

    #[test]
    fn what_is_being_worked_on_may_be_asked_again() {
        let error = answered(StatusCode::CONFLICT, br#"{"title":"Busy","code":"request_in_flight"}"#);
        assert!(error.is_retryable());
        assert!(!answered(StatusCode::CONFLICT, br#"{"title":"No","code":"conflict"}"#).is_retryable());
        assert!(answered(StatusCode::SERVICE_UNAVAILABLE, b"").is_retryable());
    }
}
