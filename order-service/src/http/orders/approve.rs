use axum::extract::State;
use order_api::Order as Wire;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{NoParameters, PathId, Written};

use super::representation::changed;
use crate::app::App;
use crate::app::orders::{Act, act};
use service_kit::http::refusals::{Always, Contradiction, Missing, Ownership, SignIn};

/// Agree to an order
///
/// For the owners of its things, each for their own.
#[utoipa::path(
    post,
    path = "/api/v1/orders/{id}/approve",
    tag = "orders",
    params(("id" = uuid::Uuid, Path)),
    security(("member" = [])),
    responses(
        (status = 200, description = "As it is now; it goes on once everybody has agreed", body = Wire, headers(("ETag" = String))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Contradiction
    )
)]
pub(crate) async fn approve_order(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<payment_api::Order>,
    _: NoParameters,
) -> Result<Written, Problem> {
    Ok(changed(&act(&app, &caller, id, Act::Approve).await?))
}
