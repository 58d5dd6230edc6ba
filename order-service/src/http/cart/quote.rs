use axum::extract::State;
use order_api::Quote;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{NoParameters, Written};

use super::representation::quote;
use crate::app::{self, App};
use crate::http::context::Context;
use service_kit::http::refusals::{Always, SignIn};

/// Price the caller's cart
///
/// By what the inventory says now. What cannot be ordered is told beside the prices of the rest. Nothing is set aside.
#[utoipa::path(
    post,
    path = "/api/v1/cart/quote",
    tag = "cart",
    security(("member" = [])),
    responses(
        (status = 200, description = "What it costs, and what of it is free", body = Quote),
        Always,
        SignIn
    )
)]
pub(crate) async fn quote_cart(
    State(app): State<App>,
    caller: Caller,
    Context(context): Context,
    _: NoParameters,
) -> Result<Written, Problem> {
    let quoted = app::carts::quote(&app, caller.user_id, &context).await?;
    Ok(Written::changed(&quote(&quoted)))
}
