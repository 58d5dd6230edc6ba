use axum::extract::State;
use order_api::Order as Wire;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{NoParameters, PathId, Written};

use super::representation::changed;
use crate::app::App;
use crate::app::orders::{Act, act};
use service_kit::http::refusals::{Always, Contradiction, Missing, Ownership, SignIn};

/// Give an order up
///
/// For who placed it, until something of it is handed over. What was paid is given back.
#[utoipa::path(
    post,
    path = "/api/v1/orders/{id}/cancel",
    tag = "orders",
    params(("id" = uuid::Uuid, Path)),
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
pub(crate) async fn cancel_order(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<payment_api::Order>,
    _: NoParameters,
) -> Result<Written, Problem> {
    Ok(changed(&act(&app, &caller, id, Act::Cancel).await?))
}
