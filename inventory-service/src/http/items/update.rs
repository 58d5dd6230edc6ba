use axum::extract::State;
use inventory_api::{CreateItemRequest, Item as Wire};
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IfMatch, MergePatchBody, NoParameters, PathId, Written};
use vocabulary::{Item as AnItem, ItemId};

use super::representation::changed;
use crate::app::{self, App};
use crate::domain::category::Categories;
use crate::domain::content::ItemContent;
use crate::domain::item::Item;
use crate::http::refusals::{Always, Body, Contradiction, Missing, Ownership, Precondition, Retired, SignIn};

/// Change some of what an item is
///
/// A JSON Merge Patch (RFC 7396) of what PUT takes: null takes a value away.
#[utoipa::path(
    patch,
    path = "/api/v1/items/{id}",
    tag = "items",
    params(("id" = ItemId, Path), ("If-Match" = String, Header, description = "The ETag of the version it is for")),
    request_body(content = CreateItemRequest, content_type = "application/merge-patch+json"),
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
pub(crate) async fn update_item(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<AnItem>,
    _: NoParameters,
    if_match: Result<IfMatch, Problem>,
    body: Result<MergePatchBody, Problem>,
) -> Result<Written, Problem> {
    let revise = |item: &Item, all: &Categories| ItemContent::parse(&body?.apply(&item.content.document())?, all);
    let item = app::items::change(&app, &caller, id, if_match, revise).await?;
    Ok(changed(&item))
}
