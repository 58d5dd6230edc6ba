use axum::extract::State;
use inventory_api::CreateItemRequest;
use problem::Problem;
use service_kit::http::{MergePatchBody, Written};
use vocabulary::ItemId;

use super::change::{Change, Changed};
use crate::app::App;
use crate::domain::content::ItemContent;
use crate::http::refusals::Retired;
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, Ownership, Precondition, SignIn};

/// Change some of what an item is
///
/// A JSON Merge Patch (RFC 7396) of what PUT takes: null takes a value away. One that changes nothing makes no new version.
#[utoipa::path(
    patch,
    path = "/api/v1/items/{id}",
    tag = "items",
    params(("id" = ItemId, Path), ("If-Match" = String, Header, description = "The ETag of the version it is for")),
    request_body(content = CreateItemRequest, content_type = "application/merge-patch+json"),
    security(("member" = [])),
    responses(Changed, Always, SignIn, Ownership, Missing, Retired, Contradiction, Precondition, Body)
)]
pub(crate) async fn update_item(
    State(app): State<App>,
    change: Change,
    body: Result<MergePatchBody, Problem>,
) -> Result<Written, Problem> {
    change.make(&app, |item, categories| ItemContent::parse(&body?.apply(&item.content.document())?, categories)).await
}
