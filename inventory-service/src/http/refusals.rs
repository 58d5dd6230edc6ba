use service_kit::http::refusals::{Responses, problems};
use utoipa::IntoResponses;

/// What operations on an item answer, for the OpenAPI document, when it is retired.
pub(crate) enum Retired {}

impl IntoResponses for Retired {
    fn responses() -> Responses {
        problems(&[("410", "The item is retired")])
    }
}

/// What operations that work on photos answer when others wait already.
pub(crate) enum Busy {}

impl IntoResponses for Busy {
    fn responses() -> Responses {
        problems(&[("429", "Too many photos are being worked on; `Retry-After` says when to try again")])
    }
}
