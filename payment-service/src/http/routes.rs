use events::feed_routes;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::description::Description;
use super::{AppState, internal, payments};

/// Every route there is.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(payments::list::list_payments))
        .routes(routes!(payments::get::get_payment))
        .routes(routes!(payments::paid::pay_at_the_desk))
        .routes(routes!(payments::webhook::receive_webhook))
        .routes(routes!(internal::authorise::authorise_payment))
        .routes(routes!(internal::check::check_payment))
        .routes(routes!(internal::get::find_payment))
        .routes(routes!(internal::find::find_payment_by_key))
        .routes(routes!(internal::capture::capture_payment))
        .routes(routes!(internal::refund::refund_payment))
        .routes(routes!(internal::void::void_payment))
        .routes(routes!(internal::desk::list_desk_payments))
        .routes(routes!(internal::desk_paid::paid_at_the_desk))
        .merge(feed_routes())
}

/// The OpenAPI document of all routes.
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}
