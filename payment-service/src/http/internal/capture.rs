use axum::extract::State;
use payment_api::{OrderId, PartRequest, Payment as Wire};
use problem::Problem;
use service_kit::caller::ServiceCaller;
use service_kit::http::{JsonBody, NoParameters, Written};

use super::key::PathKey;
use crate::app::{self, App};
use crate::domain::request::Part;
use crate::http::representation::wire;
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, SignIn};

/// Take a part of what is held
///
/// The step in the body is the key: asked again, it happens once.
#[utoipa::path(
    post,
    path = "/internal/v1/payments/{order_id}/{step}/capture",
    tag = "internal",
    params(("order_id" = OrderId, Path), ("step" = String, Path)),
    request_body = PartRequest,
    security(("service" = [])),
    responses(
        (status = 200, description = "The payment", body = Wire),
        Always,
        SignIn,
        Missing,
        Contradiction,
        Body
    )
)]
pub(crate) async fn capture_payment(
    State(app): State<App>,
    _: ServiceCaller,
    PathKey(key): PathKey,
    _: NoParameters,
    body: JsonBody<PartRequest>,
) -> Result<Written, Problem> {
    let payment = app::operate::capture(&app, &key, &Part::parse(&body.value)?).await?;
    Ok(Written::changed(&wire(&payment)))
}
