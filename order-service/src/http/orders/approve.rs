use axum::extract::State;
use order_api::Order as Wire;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IdempotencyKey, NoFields, NoParameters, OptionalJsonBody, PathId, Written};

use super::representation::repeatable;
use crate::app::App;
use crate::app::orders::{Act, act};
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, Ownership, SignIn};

/// Agree to an order
///
/// For the owners of its things, each for their own.
#[utoipa::path(
    post,
    path = "/api/v1/orders/{id}/approve",
    tag = "orders",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again")),
    request_body = Option<NoFields>,
    security(("member" = [])),
    responses(
        (status = 200, description = "As it is now; it goes on once everybody has agreed", body = Wire, headers(("ETag" = String))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Contradiction,
        Body
    )
)]
pub(crate) async fn approve_order(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<payment_api::Order>,
    key: IdempotencyKey,
    _: NoParameters,
    body: OptionalJsonBody<NoFields>,
) -> Result<Written, Problem> {
    let asked = [id.uuid().as_bytes(), &*body.bytes].concat();
    let keyed = key.of(caller.user_id.uuid(), "POST /orders/{id}/approve", &asked);
    Ok(act(&app, &caller, id, Act::Approve, repeatable(&keyed)).await?)
}
