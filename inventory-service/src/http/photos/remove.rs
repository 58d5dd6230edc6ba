use axum::extract::State;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::refusals::{Always, Contradiction, Missing, Ownership, Precondition, SignIn};
use service_kit::http::{IfMatch, NoParameters, Written};

use super::path::PhotoPath;
use super::representation::group;
use crate::app::{self, App};
use crate::http::items::groups;
use crate::http::refusals::Retired;

/// Take a photo away
#[utoipa::path(
    delete,
    path = "/api/v1/items/{id}/photos/{photo_id}",
    tag = "photos",
    params(
        ("id" = uuid::Uuid, Path),
        ("photo_id" = uuid::Uuid, Path),
        ("If-Match" = String, Header, description = "The ETag of the item's version it is for")
    ),
    security(("member" = [])),
    responses(
        (status = 204, description = "It is gone", headers(("Cache-Group-Invalidation" = String))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Retired,
        Contradiction,
        Precondition
    )
)]
pub(crate) async fn remove_photo(
    State(app): State<App>,
    caller: Caller,
    PhotoPath(item, photo): PhotoPath,
    _: NoParameters,
    if_match: Result<IfMatch, Problem>,
) -> Result<Written, Problem> {
    app::photos::remove(&app, &caller, (item, photo), if_match).await?;
    let mut stale = groups(item);
    stale.push(group(photo));
    Ok(Written::done().invalidates(&stale))
}
