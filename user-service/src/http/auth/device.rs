use std::convert::Infallible;

use ::http::header;
use ::http::request::Parts;
use axum::extract::FromRequestParts;

/// More of a `User-Agent` tells its owner nothing.
const MOST: usize = 200;

/// What a device calls itself, so that its owner knows the session again.
pub(in crate::http) struct Device(pub(super) Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Device {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        // A header that is text is visible ASCII and spaces, and may be cut anywhere.
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let agent = agent.map(|text| text.chars().filter(|character| !character.is_control()).take(MOST).collect());
        Ok(Self(agent.filter(|text: &String| !text.is_empty())))
    }
}
