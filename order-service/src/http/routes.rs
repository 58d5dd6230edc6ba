use events::feed_routes;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::description::Description;
use super::{AppState, cart, orders};

/// Every route there is.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(cart::get::get_cart, cart::clear::clear_cart))
        .routes(routes!(cart::put_line::put_cart_line, cart::remove_line::remove_cart_line))
        .routes(routes!(cart::quote::quote_cart))
        .routes(routes!(orders::list::list_orders, orders::place::place_order))
        .routes(routes!(orders::get::get_order))
        .routes(routes!(orders::steps::list_steps))
        .routes(routes!(orders::events::order_events))
        .routes(routes!(orders::cancel::cancel_order))
        .routes(routes!(orders::approve::approve_order))
        .routes(routes!(orders::decline::decline_order))
        .routes(routes!(orders::hand_over::hand_over_order))
        .routes(routes!(orders::take_back::return_order))
        .routes(routes!(orders::retry_step::retry_step))
        .routes(routes!(orders::undo_step::undo_step))
        .routes(routes!(orders::accept_step::accept_step))
        .routes(routes!(orders::stuck::list_stuck_orders))
        .routes(routes!(orders::decide_step::decide_step))
        .merge(feed_routes())
}

/// The OpenAPI document of all routes.
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}
