use events::feed_routes;
use service_kit::serve::limits::body_bytes;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use super::description::Description;
use super::{AppState, categories, internal, items, photos, reservations, units};

/// Every route there is.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(items::list::list_items, items::create::create_item))
        .routes(routes!(
            items::get::get_item,
            items::replace::replace_item,
            items::update::update_item,
            items::retire::retire_item
        ))
        .routes(routes!(items::batch::create_items))
        .routes(routes!(items::availability::item_availability))
        .routes(routes!(items::history::item_history))
        .routes(routes!(units::list::list_units, units::add::add_unit))
        .routes(routes!(units::change::change_unit, units::remove::remove_unit))
        .routes(routes!(photos::add::add_photo).layer(body_bytes(photos::UPLOAD_BYTES)))
        .routes(routes!(photos::arrange::arrange_photos))
        .routes(routes!(photos::remove::remove_photo))
        .routes(routes!(photos::show::show_photo))
        .routes(routes!(photos::thumbnail::show_thumbnail))
        .routes(routes!(items::mine::list_my_items))
        .routes(routes!(items::export::export_my_items))
        .routes(routes!(categories::list::list_categories, categories::create::create_category))
        .routes(routes!(
            categories::get::get_category,
            categories::replace::replace_category,
            categories::delete::delete_category
        ))
        .routes(routes!(reservations::hold::hold_units))
        .routes(routes!(reservations::get::get_reservation))
        .routes(routes!(reservations::extend::extend_hold))
        .routes(routes!(reservations::confirm::confirm_reservation))
        .routes(routes!(reservations::check_out::check_out_units))
        .routes(routes!(reservations::take_back::return_units))
        .routes(routes!(reservations::release::release_reservation))
        .routes(routes!(reservations::free::count_free))
        .routes(routes!(internal::export::export_items))
        .routes(routes!(internal::import::import_items).layer(body_bytes(internal::FILE_BYTES)))
        .merge(feed_routes())
}

/// The OpenAPI document of all routes.
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}
