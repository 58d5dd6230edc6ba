use service_kit::http::refusals::{Responses, problems};
use utoipa::IntoResponses;

/// What operations on an item answer, for the OpenAPI document, when it is retired.
pub(crate) enum Retired {}

impl IntoResponses for Retired {
    fn responses() -> Responses {
        problems(&[("410", "The item is retired")])
    }
}
