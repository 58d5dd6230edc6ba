use std::sync::Arc;

use axum::extract::State;
use problem::{Problem, ProblemBody};
use service_kit::caller::ServiceCaller;
use service_kit::http::{NoParameters, Written};
use user_api::SetupToken;
use vocabulary::Secret;

use crate::app::App;
use crate::http::documented::{Always, TakesToken};

/// Make the token of the link for the first administrator
///
/// Good once, at `/setup?token=…`; a token that was made before is worthless from now on.
#[utoipa::path(
    post,
    path = "/internal/v1/setup-token",
    tag = "internal",
    security(("service" = [])),
    responses(
        (status = OK, description = "The token", body = SetupToken),
        (status = CONFLICT, description = "There is an administrator", body = ProblemBody,
            content_type = "application/problem+json"),
        Always, TakesToken
    )
)]
pub(in crate::http) async fn create_setup_token(
    State(app): State<Arc<App>>,
    _: ServiceCaller,
    _: NoParameters,
) -> Result<Written, Problem> {
    let token = app.offer_setup().await?;
    Ok(Written::changed(&SetupToken { token: Secret::new(token.as_str()) }))
}
