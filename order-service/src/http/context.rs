use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use service_kit::http::outgoing_context;

/// What calls made for this request carry on: its id and its trace.
#[derive(Debug, Clone)]
pub(crate) struct Context(pub(crate) HeaderMap);

impl<S: Send + Sync> FromRequestParts<S> for Context {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(outgoing_context(parts)))
    }
}
