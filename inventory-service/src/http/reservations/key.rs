use axum::extract::FromRequestParts;
use axum::http::HeaderName;
use axum::http::request::Parts;
use inventory_api::ReservationId;
use problem::{Kind, Problem};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The `Idempotency-Key` of a hold, which is the id of the reservation: whoever asks can release it without having seen an
/// answer, and the reservation itself remembers what the key was used for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReservationKey(pub(crate) ReservationId);

impl<S: Send + Sync> FromRequestParts<S> for ReservationKey {
    type Rejection = Problem;

    /// # Errors
    /// 400 when it is missing, given twice, or no UUID.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let (only, more) = (values.next(), values.next());
        // The draft writes the key as a structured-field string, in quotes; many clients send it bare.
        let key = only.filter(|_| more.is_none()).and_then(|value| value.to_str().ok()?.trim_matches('"').parse().ok());
        key.map(Self).ok_or_else(|| {
            let detail = "A hold needs one header Idempotency-Key with a new UUID, the id of the reservation.";
            Problem::because(Kind::MalformedRequest, detail)
        })
    }
}
