use std::sync::Arc;

use axum::extract::State;
use problem::{Problem, ProblemBody};
use service_kit::caller::ServiceCaller;
use service_kit::http::{NoParameters, Written};
use user_api::SigningKeys;

use super::list_keys::listed;
use crate::app::App;
use crate::http::documented::{Always, TakesToken};
use crate::http::origin::Origin;

/// Make a new key for access tokens
///
/// It is published at once and signs six minutes later, when everybody who verifies tokens can know it. The key before
/// retires then, and is deleted once the last token it has signed is over. No token becomes worthless by this.
#[utoipa::path(
    post,
    path = "/internal/v1/keys/rotate",
    tag = "internal",
    security(("service" = [])),
    responses(
        (status = OK, description = "The keys, the new one first", body = SigningKeys),
        (status = CONFLICT, description = "A key is on its way already", body = ProblemBody,
            content_type = "application/problem+json"),
        Always, TakesToken
    )
)]
pub(in crate::http) async fn rotate_keys(
    State(app): State<Arc<App>>,
    _: ServiceCaller,
    origin: Origin,
    _: NoParameters,
) -> Result<Written, Problem> {
    app.rotate_keys(&origin.anonymous()).await?;
    Ok(Written::changed(&listed(&app).await?))
}
