use axum::extract::State;
use order_api::{Cart, CartLineRequest};
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{JsonBody, NoParameters, PathId, Written};
use vocabulary::Item;

use super::representation::cart;
use crate::app::{self, App};
use crate::domain::request::cart_line;
use crate::http::context::Context;
use service_kit::http::refusals::{Always, Body, Missing, SignIn};

/// Put an item into the caller's cart
///
/// Over the line with the same item, whatever it says: a cart has one reader, so `If-Match` is not asked for. What could never
/// be ordered like this is refused. Nothing is set aside, and whether it is free is for a quote to say.
#[utoipa::path(
    put,
    path = "/api/v1/cart/lines/{item_id}",
    tag = "cart",
    params(("item_id" = uuid::Uuid, Path)),
    request_body = CartLineRequest,
    security(("member" = [])),
    responses((status = 200, description = "The whole cart", body = Cart), Always, SignIn, Missing, Body)
)]
pub(crate) async fn put_cart_line(
    State(app): State<App>,
    caller: Caller,
    Context(context): Context,
    PathId(item_id): PathId<Item>,
    _: NoParameters,
    body: JsonBody<CartLineRequest>,
) -> Result<Written, Problem> {
    let wanted = cart_line(item_id, body.value.units, body.value.period.as_ref())?;
    let lines = app::carts::put(&app, caller.user_id, wanted, &context).await?;
    Ok(Written::changed(&cart(&lines)))
}
