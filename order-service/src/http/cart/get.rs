use axum::extract::State;
use order_api::Cart;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{CacheRule, NoParameters, Represented};

use super::representation::cart;
use crate::app::{self, App};
use service_kit::http::refusals::{Always, SignIn};

/// The caller's cart
#[utoipa::path(
    get,
    path = "/api/v1/cart",
    tag = "cart",
    security(("member" = [])),
    responses(
        (status = 200, description = "What is in it", body = Cart, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        SignIn
    )
)]
pub(crate) async fn get_cart(
    State(app): State<App>,
    caller: Caller,
    _: NoParameters,
) -> Result<Represented<Cart>, Problem> {
    let lines = app::carts::get(&app, caller.user_id).await?;
    Ok(Represented::new(cart(&lines), CacheRule::Private))
}
