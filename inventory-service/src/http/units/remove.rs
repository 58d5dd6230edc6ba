use axum::extract::State;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IfMatch, NoParameters, Written};

use super::path::UnitPath;
use crate::app::{self, App};
use crate::http::items::groups;
use crate::http::refusals::Retired;
use service_kit::http::refusals::{Always, Contradiction, Missing, Ownership, Precondition, SignIn};

/// Take a unit away
///
/// Refused while it is out, or needed for what is promised. The last one stays: retire the item instead.
#[utoipa::path(
    delete,
    path = "/api/v1/items/{id}/units/{unit_id}",
    tag = "units",
    params(
        ("id" = uuid::Uuid, Path),
        ("unit_id" = uuid::Uuid, Path),
        ("If-Match" = String, Header, description = "The version it is for, in quotes")
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
pub(crate) async fn remove_unit(
    State(app): State<App>,
    caller: Caller,
    UnitPath(item, unit): UnitPath,
    _: NoParameters,
    if_match: Result<IfMatch, Problem>,
) -> Result<Written, Problem> {
    app::named_units::remove(&app, &caller, (item, unit), if_match).await?;
    Ok(Written::done().invalidates(&groups(item)))
}
