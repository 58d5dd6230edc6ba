use ::photos::Rendition;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use inventory_api::Photo;
use problem::Problem;
use service_kit::http::refusals::{Always, Missing};
use service_kit::http::{NoParameters, PathId};

use super::picture::picture;
use crate::app::App;

/// A photo
///
/// At most 2,048 pixels a side. It never changes, so whoever has it may keep it for good.
#[utoipa::path(
    get,
    path = "/api/v1/photos/{id}",
    tag = "photos",
    params(("id" = uuid::Uuid, Path)),
    security(()),
    responses(
        (status = 200, description = "The picture", body = Vec<u8>, content_type = "image/jpeg",
            headers(("ETag" = String), ("Last-Modified" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        Missing
    )
)]
pub(crate) async fn show_photo(
    State(app): State<App>,
    PathId(id): PathId<Photo>,
    _: NoParameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    picture(&app, id, Rendition::Full, &headers).await
}
