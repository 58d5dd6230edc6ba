use axum::extract::State;
use problem::Problem;
use service_kit::http::Written;
use vocabulary::ItemId;

use super::change::Change;
use super::representation::stale;
use crate::app::{self, App};
use crate::http::refusals::Retired;
use service_kit::http::refusals::{Always, Contradiction, Missing, Ownership, Precondition, SignIn};

/// Take an item off for good
///
/// Refused while something of it is held, promised or out.
#[utoipa::path(
    delete,
    path = "/api/v1/items/{id}",
    tag = "items",
    params(("id" = ItemId, Path), ("If-Match" = String, Header, description = "The ETag of the version it is for")),
    security(("member" = [])),
    responses(
        (status = 204, description = "The item is retired", headers(("Cache-Group-Invalidation" = String))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Retired,
        Contradiction,
        Precondition
    )
)]
pub(crate) async fn retire_item(
    State(app): State<App>,
    Change { caller, id, if_match }: Change,
) -> Result<Written, Problem> {
    let retired = app::items::retire(&app, &caller, id, if_match).await?;
    Ok(Written::done().invalidates(&stale(id, retired.recounts)))
}
