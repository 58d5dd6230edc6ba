use axum::extract::State;
use axum::http::StatusCode;
use order_api::{Order as Wire, PlaceOrderRequest};
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{JsonBody, NoParameters, Written};

use super::key::OrderKey;
use super::representation::wire;
use crate::app::{self, App};
use crate::http::context::Context;
use service_kit::http::refusals::{Always, Body, Contradiction, SignIn};

/// Place an order
///
/// It is answered at once, and the order goes on by itself: things are set aside, the money is held, owners agree where they
/// have to, and all of it is promised. `Location` and its `/events` tell how far it has come.
#[utoipa::path(
    post,
    path = "/api/v1/orders",
    tag = "orders",
    params(("Idempotency-Key" = String, Header, description = "Makes it safe to send the request again")),
    request_body = PlaceOrderRequest,
    security(("member" = [])),
    responses(
        (status = 202, description = "The order, on its way", body = Wire,
            headers(("Location" = String), ("ETag" = String))),
        Always,
        SignIn,
        Contradiction,
        Body
    )
)]
pub(crate) async fn place_order(
    State(app): State<App>,
    caller: Caller,
    OrderKey(key): OrderKey,
    Context(context): Context,
    _: NoParameters,
    body: JsonBody<PlaceOrderRequest>,
) -> Result<(StatusCode, Written), Problem> {
    let keyed = key.of(caller.user_id.uuid(), "POST /orders", &body.bytes);
    let placed = app::orders::place(&app, &caller, &body.value, &keyed, &context, |order| {
        Written::created(&format!("/api/v1/orders/{}", order.id), &wire(order)).version(order.version)
    });
    Ok((StatusCode::ACCEPTED, placed.await?))
}
