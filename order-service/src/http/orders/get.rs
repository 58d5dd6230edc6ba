use axum::extract::State;
use order_api::Order as Wire;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{CacheRule, NoParameters, PathId, Represented};

use super::representation::wire;
use crate::app::{self, App};
use service_kit::http::refusals::{Always, Missing, SignIn};

/// An order
///
/// For who placed it, the owners of its things, and administrators.
#[utoipa::path(
    get,
    path = "/api/v1/orders/{id}",
    tag = "orders",
    params(("id" = uuid::Uuid, Path)),
    security(("member" = [])),
    responses(
        (status = 200, description = "As it is now", body = Wire, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        SignIn,
        Missing
    )
)]
pub(crate) async fn get_order(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<payment_api::Order>,
    _: NoParameters,
) -> Result<Represented<Wire>, Problem> {
    let order = app::orders::get(&app, &caller, id).await?;
    Ok(Represented::new(wire(&order), CacheRule::Private).version(order.version))
}
