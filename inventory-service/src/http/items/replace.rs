use axum::extract::State;
use inventory_api::ReplaceItemRequest;
use problem::Problem;
use service_kit::http::{JsonBody, Written};
use vocabulary::ItemId;

use super::change::{Change, Changed};
use crate::app::App;
use crate::domain::content::ItemContent;
use crate::http::refusals::Retired;
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, Ownership, Precondition, SignIn};

/// Say anew what an item is
#[utoipa::path(
    put,
    path = "/api/v1/items/{id}",
    tag = "items",
    params(("id" = ItemId, Path), ("If-Match" = String, Header, description = "The ETag of the version it is for")),
    request_body = ReplaceItemRequest,
    security(("member" = [])),
    responses(Changed, Always, SignIn, Ownership, Missing, Retired, Contradiction, Precondition, Body)
)]
pub(crate) async fn replace_item(
    State(app): State<App>,
    change: Change,
    body: Result<JsonBody<ReplaceItemRequest>, Problem>,
) -> Result<Written, Problem> {
    change.make(&app, |_, categories| ItemContent::parse(&body?.value, categories)).await
}
