use axum::extract::State;
use order_api::Order as Wire;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IdempotencyKey, NoFields, NoParameters, OptionalJsonBody, Written};

use super::address::StepAddress;
use super::representation::repeatable;
use crate::app::App;
use crate::app::orders::decide;
use crate::domain::saga::Decision;
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, Ownership, SignIn};

/// Undo an order whose step is stuck
///
/// For administrators, until something of it is handed over.
#[utoipa::path(
    post,
    path = "/api/v1/orders/{id}/steps/{number}/undo",
    tag = "orders",
    params(
        ("id" = uuid::Uuid, Path),
        ("number" = u32, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again")
    ),
    request_body = Option<NoFields>,
    security(("member" = [])),
    responses(
        (status = 200, description = "It is cancelled; what was done for it is being undone", body = Wire, headers(("ETag" = String))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Contradiction,
        Body
    )
)]
pub(crate) async fn undo_step(
    State(app): State<App>,
    caller: Caller,
    address: StepAddress,
    key: IdempotencyKey,
    _: NoParameters,
    body: OptionalJsonBody<NoFields>,
) -> Result<Written, Problem> {
    let keyed = key.of(caller.user_id.uuid(), "POST /orders/{id}/steps/{number}/undo", &address.asked(&body.bytes));
    Ok(decide(&app, &caller, address.step(), Decision::Undo, repeatable(&keyed)).await?)
}
