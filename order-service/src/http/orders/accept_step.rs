use axum::extract::State;
use order_api::Order as Wire;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{NoParameters, Written};

use super::address::StepAddress;
use super::representation::changed;
use crate::app::App;
use crate::app::orders::decide;
use crate::domain::saga::Decision;
use service_kit::http::refusals::{Always, Contradiction, Missing, Ownership, SignIn};

/// Take a step for done
///
/// For administrators, when a step is stuck and what it was for has happened otherwise.
#[utoipa::path(
    post,
    path = "/api/v1/orders/{id}/steps/{number}/accept",
    tag = "orders",
    params(("id" = uuid::Uuid, Path), ("number" = u32, Path)),
    security(("member" = [])),
    responses(
        (status = 200, description = "The order goes on", body = Wire, headers(("ETag" = String))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Contradiction
    )
)]
pub(crate) async fn accept_step(
    State(app): State<App>,
    caller: Caller,
    address: StepAddress,
    _: NoParameters,
) -> Result<Written, Problem> {
    Ok(changed(&decide(&app, &caller, (address.order, address.step), Decision::Accept).await?))
}
