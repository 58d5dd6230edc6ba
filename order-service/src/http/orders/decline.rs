use axum::extract::State;
use order_api::{DeclineRequest, Order as Wire};
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IdempotencyKey, NoParameters, OptionalJsonBody, PathId, Written};

use super::representation::repeatable;
use crate::app::App;
use crate::app::orders::{Act, act};
use crate::domain::request::words;
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, Ownership, SignIn};

/// Not agree to an order
///
/// For the owners of its things; one of them is enough.
#[utoipa::path(
    post,
    path = "/api/v1/orders/{id}/decline",
    tag = "orders",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again")),
    request_body = Option<DeclineRequest>,
    security(("member" = [])),
    responses(
        (status = 200, description = "It is declined; what was done for it is being undone", body = Wire, headers(("ETag" = String))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Contradiction,
        Body
    )
)]
pub(crate) async fn decline_order(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<payment_api::Order>,
    key: IdempotencyKey,
    _: NoParameters,
    body: OptionalJsonBody<DeclineRequest>,
) -> Result<Written, Problem> {
    let reason = words("/reason", body.value.reason.as_deref(), 500)?;
    let asked = [id.uuid().as_bytes(), &*body.bytes].concat();
    let keyed = key.of(caller.user_id.uuid(), "POST /orders/{id}/decline", &asked);
    Ok(act(&app, &caller, id, Act::Decline { reason }, repeatable(&keyed)).await?)
}
