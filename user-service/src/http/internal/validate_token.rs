use std::sync::Arc;

use axum::extract::State;
use problem::{FieldErrors, Problem};
use service_kit::caller::ServiceCaller;
use service_kit::db::to_problem;
use service_kit::http::{JsonBody, NoParameters, Written};
use user_api::{ValidateTokenRequest, Validation};

use crate::app::App;
use crate::http::documented::{Always, TakesJson, TakesToken};

/// Ask whether an access token is good now
///
/// As RFC 7662 has it, an inactive token is answered 200 with `active` false and nothing more.
#[utoipa::path(
    post,
    path = "/internal/v1/validate-token",
    tag = "internal",
    request_body = ValidateTokenRequest,
    security(("service" = [])),
    responses(
        (status = OK, description = "Whom it speaks for, if it is active", body = Validation),
        Always, TakesToken, TakesJson
    )
)]
pub(in crate::http) async fn validate_token(
    State(app): State<Arc<App>>,
    _: ServiceCaller,
    _: NoParameters,
    body: JsonBody<ValidateTokenRequest>,
) -> Result<Written, Problem> {
    let mut errors = FieldErrors::default();
    let token = errors.required("/token", body.value.token);
    let token = errors.finish(token)?;
    let validation = app.validate(token.expose()).await.map_err(|error| to_problem(&error))?;
    Ok(Written::changed(&validation))
}
