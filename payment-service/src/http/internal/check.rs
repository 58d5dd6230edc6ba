use axum::extract::State;
use payment_api::CheckRequest;
use problem::Problem;
use service_kit::caller::ServiceCaller;
use service_kit::http::{JsonBody, NoParameters, Written};

use crate::app::{self, App};
use service_kit::http::refusals::{Always, Body, SignIn};

/// Say whether money could be held
///
/// Nothing is held, and the provider is not asked: it can still refuse. Told beforehand is what can be known.
#[utoipa::path(
    post,
    path = "/internal/v1/payments/check",
    tag = "internal",
    request_body = CheckRequest,
    security(("service" = [])),
    responses((status = 204, description = "Nothing is known against it"), Always, SignIn, Body)
)]
pub(crate) async fn check_payment(
    State(app): State<App>,
    _: ServiceCaller,
    _: NoParameters,
    body: JsonBody<CheckRequest>,
) -> Result<Written, Problem> {
    app::check::check(&app, body.value)?;
    Ok(Written::done())
}
