use std::convert::Infallible;
use std::fmt;

use ::http::request::Parts;
use ::http::{HeaderMap, HeaderName, HeaderValue};
use axum::extract::FromRequestParts;

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE_HEADERS: [HeaderName; 3] =
    [X_REQUEST_ID, HeaderName::from_static("traceparent"), HeaderName::from_static("tracestate")];

/// Names one request in answers and logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The one a client sent, if it is 1 to 128 letters, digits and `-_.`; otherwise a new one.
    pub(crate) fn accept_or_new(headers: &HeaderMap, new: impl FnOnce() -> uuid::Uuid) -> Self {
        let given = headers.get(X_REQUEST_ID).filter(|value| {
            let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
            (1..=128).contains(&value.len()) && value.as_bytes().iter().all(plain)
        });
        match given {
            Some(value) => Self(value.clone()),
            None => Self(HeaderValue::try_from(new().to_string()).unwrap_or(HeaderValue::from_static("none"))),
        }
    }

    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let known = parts.extensions.get::<Self>().cloned();
        Ok(known.unwrap_or_else(|| Self(HeaderValue::from_static("none"))))
    }
}

/// The trace that a request belongs to (W3C Trace Context §3.2.2.3), for logs; `-` where nobody said.
pub(crate) fn trace_id(headers: &HeaderMap) -> &str {
    let said = headers.get(TRACE_HEADERS[1].as_str()).and_then(|value| value.to_str().ok());
    let is_id = |id: &&str| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    said.and_then(|text| text.split('-').nth(1)).filter(is_id).unwrap_or("-")
}

/// The headers that calls made for this request carry on: its id, and the trace context of W3C.
pub fn outgoing_context(parts: &Parts) -> HeaderMap {
    let known = TRACE_HEADERS.into_iter().filter_map(|name| Some((name.clone(), parts.headers.get(name)?.clone())));
    let mut context: HeaderMap = known.collect();
    if let Some(id) = parts.extensions.get::<RequestId>() {
        context.insert(X_REQUEST_ID, id.header());
    }
    context
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_is_named_in_logs_if_it_is_one() {
        let named = |value: &'static str| {
            let headers = HeaderMap::from_iter([(TRACE_HEADERS[1].clone(), HeaderValue::from_static(value))]);
            trace_id(&headers).to_owned()
        };
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(named("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), id);
        for odd in ["", "00-4bf92f-00f067aa0ba902b7-01", "00-zzf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"] {
            assert_eq!(named(odd), "-");
        }
        assert_eq!(trace_id(&HeaderMap::new()), "-");
    }
}
