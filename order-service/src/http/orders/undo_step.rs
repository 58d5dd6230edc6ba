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

/// Undo an order whose step is stuck
///
/// For administrators, until something of it is handed over.
#[utoipa::path(
    post,
    path = "/api/v1/orders/{id}/steps/{number}/undo",
    tag = "orders",
    params(("id" = uuid::Uuid, Path), ("number" = u32, Path)),
    security(("member" = [])),
    responses(
        (status = 200, description = "It is cancelled; what was done for it is being undone", body = Wire, headers(("ETag" = String))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Contradiction
    )
)]
pub(crate) async fn undo_step(
    State(app): State<App>,
    caller: Caller,
    address: StepAddress,
    _: NoParameters,
) -> Result<Written, Problem> {
    Ok(changed(&decide(&app, &caller, (address.order, address.step), Decision::Undo).await?))
}
