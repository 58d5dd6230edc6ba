use axum::extract::State;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{NoParameters, PathId, Written};
use vocabulary::Item;

use crate::app::{self, App};
use service_kit::http::refusals::{Always, Missing, SignIn};

/// Take an item out of the caller's cart
#[utoipa::path(
    delete,
    path = "/api/v1/cart/lines/{item_id}",
    tag = "cart",
    params(("item_id" = uuid::Uuid, Path)),
    security(("member" = [])),
    responses((status = 204, description = "It is not in the cart"), Always, SignIn, Missing)
)]
pub(crate) async fn remove_cart_line(
    State(app): State<App>,
    caller: Caller,
    PathId(item_id): PathId<Item>,
    _: NoParameters,
) -> Result<Written, Problem> {
    app::carts::remove(&app, caller.user_id, item_id).await?;
    Ok(Written::done())
}
