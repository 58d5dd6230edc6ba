use std::time::Duration;

use peer::PeerError;
use serde::Deserialize;

/// Why a call to the inventory did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ReservationError {
    /// There is no such item or reservation, or the item is retired.
    #[error("the inventory does not have it: {0}")]
    Missing(String),
    /// Not so many are free, or the state of the reservation does not allow it.
    #[error("the inventory cannot do it: {0}")]
    Conflict(String),
    /// The request was wrong, and will be.
    #[error("the inventory refuses it: {0}")]
    Refused(String),
    /// No usable answer: it may or may not have happened. Asking again with the same id tells.
    #[error("the inventory gave no usable answer")]
    Unavailable(#[source] PeerError),
}

impl ReservationError {
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

    /// The words of a problem document (RFC 9457) for people.
    pub(crate) fn detail_of(body: &[u8]) -> String {
        #[derive(Deserialize)]
        struct Words {
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
        let Ok(Words { title, detail, errors }) = serde_json::from_slice(body) else {
            return "it did not say why".to_owned();
        };
        let fields = errors.into_iter().map(|Field { pointer, detail }| format!("{pointer}: {detail}"));
        [detail.unwrap_or(title)].into_iter().chain(fields).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_problem() {
        let body = br#"{"title":"Some fields","errors":[{"pointer":"/units","code":"x","detail":"Too many."}]}"#;
        assert_eq!(ReservationError::detail_of(body), "Some fields /units: Too many.");
        assert_eq!(ReservationError::detail_of(br#"{"title":"No","detail":"Not free."}"#), "Not free.");
        assert_eq!(ReservationError::detail_of(b"<html>"), "it did not say why");
    }
}
