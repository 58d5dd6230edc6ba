use axum::extract::State;
use order_api::{HandOverRequest, Order as Wire};
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IdempotencyKey, NoParameters, OptionalJsonBody, PathId, Written};

use super::representation::repeatable;
use crate::app::App;
use crate::app::orders::{Act, act};
use crate::domain::request::words;
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, Ownership, SignIn};

/// Hand things over
///
/// For the owners of its things, each for their own. The price of what is lent is taken now. What has not come back yet, or is
/// promised to somebody else before, stays to be fetched and is not paid; the order's steps say so.
#[utoipa::path(
    post,
    path = "/api/v1/orders/{id}/hand-over",
    tag = "orders",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again")),
    request_body = Option<HandOverRequest>,
    security(("member" = [])),
    responses(
        (status = 200, description = "It is in use", body = Wire, headers(("ETag" = String))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Contradiction,
        Body
    )
)]
pub(crate) async fn hand_over_order(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<payment_api::Order>,
    key: IdempotencyKey,
    _: NoParameters,
    body: OptionalJsonBody<HandOverRequest>,
) -> Result<Written, Problem> {
    let note = words("/note", body.value.note.as_deref(), 2_000)?;
    let asked = [id.uuid().as_bytes(), &*body.bytes].concat();
    let keyed = key.of(caller.user_id.uuid(), "POST /orders/{id}/hand-over", &asked);
    Ok(act(&app, &caller, id, Act::HandOver { note }, repeatable(&keyed)).await?)
}
