use axum::extract::FromRequestParts;
use axum::http::HeaderName;
use axum::http::request::Parts;
use problem::{Kind, Problem};
use service_kit::http::IdempotencyKey;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The `Idempotency-Key` of an order, which has to be there: nobody orders twice because an answer was lost.
#[derive(Debug, Clone)]
pub(crate) struct OrderKey(pub(crate) IdempotencyKey);

impl<S: Send + Sync> FromRequestParts<S> for OrderKey {
    type Rejection = Problem;

    /// # Errors
    /// 400 when it is missing, given twice, or no key.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        if !parts.headers.contains_key(IDEMPOTENCY_KEY) {
            let detail =
                "An order needs one header Idempotency-Key, such as a new UUID; send the same when you repeat it.";
            return Err(Problem::because(Kind::MalformedRequest, detail));
        }
        IdempotencyKey::from_request_parts(parts, state).await.map(Self)
    }
}
