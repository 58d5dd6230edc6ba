use axum::extract::State;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{NoParameters, Written};

use crate::app::{self, App};
use service_kit::http::refusals::{Always, SignIn};

/// Empty the caller's cart
#[utoipa::path(
    delete,
    path = "/api/v1/cart",
    tag = "cart",
    security(("member" = [])),
    responses((status = 204, description = "It is empty"), Always, SignIn)
)]
pub(crate) async fn clear_cart(State(app): State<App>, caller: Caller, _: NoParameters) -> Result<Written, Problem> {
    app::carts::clear(&app, caller.user_id).await?;
    Ok(Written::done())
}
