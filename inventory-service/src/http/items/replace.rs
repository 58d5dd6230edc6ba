use axum::extract::State;
use inventory_api::{Item as Wire, ReplaceItemRequest};
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IfMatch, JsonBody, NoParameters, PathId, Written};
use vocabulary::{Item, ItemId};

use super::representation::changed;
use crate::app::{self, App};
use crate::domain::content::ItemContent;
use crate::http::refusals::{Always, Body, Contradiction, Missing, Ownership, Precondition, Retired, SignIn};

/// Say anew what an item is
#[utoipa::path(
    put,
    path = "/api/v1/items/{id}",
    tag = "items",
    params(("id" = ItemId, Path), ("If-Match" = String, Header, description = "The ETag of the version it is for")),
    request_body = ReplaceItemRequest,
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
pub(crate) async fn replace_item(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<Item>,
    _: NoParameters,
    if_match: Result<IfMatch, Problem>,
    body: Result<JsonBody<ReplaceItemRequest>, Problem>,
) -> Result<Written, Problem> {
    let revise = |_: &_, categories: &_| ItemContent::parse(&body?.value, categories);
    let item = app::items::change(&app, &caller, id, if_match, revise).await?;
    Ok(changed(&item))
}
