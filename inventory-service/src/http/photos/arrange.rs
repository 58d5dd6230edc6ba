use axum::extract::State;
use inventory_api::{ArrangePhotosRequest, Item as Wire};
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, Ownership, Precondition, SignIn};
use service_kit::http::{IfMatch, JsonBody, NoParameters, PathId, Written};
use vocabulary::{Item, ItemId};

use crate::app::{self, App};
use crate::http::items::{self, groups};
use crate::http::refusals::Retired;

/// Put the photos of an item in order
///
/// Names each of them once, with what is to be seen on it. The first stands for the item in lists.
#[utoipa::path(
    put,
    path = "/api/v1/items/{id}/photos",
    tag = "photos",
    params(("id" = ItemId, Path), ("If-Match" = String, Header, description = "The ETag of the item's version it is for")),
    request_body = ArrangePhotosRequest,
    security(("member" = [])),
    responses(
        (status = 200, description = "The item as it is now", body = Wire,
            headers(("ETag" = String), ("Cache-Group-Invalidation" = String))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Retired,
        Contradiction,
        Precondition,
        Body
    )
)]
pub(crate) async fn arrange_photos(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<Item>,
    _: NoParameters,
    if_match: Result<IfMatch, Problem>,
    body: Result<JsonBody<ArrangePhotosRequest>, Problem>,
) -> Result<Written, Problem> {
    let item = app::photos::arrange(&app, &caller, id, if_match, body.map(|body| body.value)).await?;
    Ok(Written::changed(&items::wire(&item)).version(item.version).invalidates(&groups(id)))
}
