use axum::extract::State;
use order_api::Order as Wire;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IdempotencyKey, NoFields, NoParameters, OptionalJsonBody, PathId, Written};

use super::representation::repeatable;
use crate::app::App;
use crate::app::orders::{Act, act};
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, Ownership, SignIn};

/// Give an order up
///
/// For who placed it, until something of it is handed over. What was paid is given back.
#[utoipa::path(
    post,
    path = "/api/v1/orders/{id}/cancel",
    tag = "orders",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again")),
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
pub(crate) async fn cancel_order(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<payment_api::Order>,
    key: IdempotencyKey,
    _: NoParameters,
    body: OptionalJsonBody<NoFields>,
) -> Result<Written, Problem> {
    let asked = [id.uuid().as_bytes(), &*body.bytes].concat();
    let keyed = key.of(caller.user_id.uuid(), "POST /orders/{id}/cancel", &asked);
    Ok(act(&app, &caller, id, Act::Cancel, repeatable(&keyed)).await?)
}
