use axum::extract::State;
use payment_api::{OrderId, Payment as Wire, VoidRequest};
use problem::Problem;
use service_kit::caller::ServiceCaller;
use service_kit::http::{JsonBody, NoParameters, Written};

use super::key::PathKey;
use crate::app::{self, App};
use crate::domain::request::void_step;
use crate::http::representation::wire;
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, SignIn};

/// Release all that is still held
///
/// The step in the body is the key: asked again, it happens once. If nothing was ever asked for with the key in the address,
/// nothing will be, and the answer is null.
#[utoipa::path(
    post,
    path = "/internal/v1/payments/{order_id}/{step}/void",
    tag = "internal",
    params(("order_id" = OrderId, Path), ("step" = String, Path)),
    request_body = VoidRequest,
    security(("service" = [])),
    responses(
        (status = 200, description = "The payment, if there is one", body = Option<Wire>),
        Always,
        SignIn,
        Missing,
        Contradiction,
        Body
    )
)]
pub(crate) async fn void_payment(
    State(app): State<App>,
    _: ServiceCaller,
    PathKey(key): PathKey,
    _: NoParameters,
    body: JsonBody<VoidRequest>,
) -> Result<Written, Problem> {
    let payment = app::operate::void(&app, &key, &void_step(&body.value)?).await?;
    Ok(Written::changed(&payment.as_ref().map(wire)))
}
