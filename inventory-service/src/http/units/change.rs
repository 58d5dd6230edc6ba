use axum::extract::State;
use inventory_api::{Unit as Wire, UnitRequest};
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IfMatch, MergePatchBody, NoParameters, Written};

use super::path::UnitPath;
use super::representation::wire;
use crate::app::{self, App};
use crate::http::items::groups;
use crate::http::refusals::Retired;
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, Ownership, Precondition, SignIn};

/// Say something else of a unit
///
/// A JSON Merge Patch (RFC 7396) of what POST takes. One that goes out of service is not lent until it is back: what is
/// booked on it goes to others that are free, and what finds none has to be released.
#[utoipa::path(
    patch,
    path = "/api/v1/items/{id}/units/{unit_id}",
    tag = "units",
    params(
        ("id" = uuid::Uuid, Path),
        ("unit_id" = uuid::Uuid, Path),
        ("If-Match" = String, Header, description = "The version it is for, in quotes")
    ),
    request_body(content = UnitRequest, content_type = "application/merge-patch+json"),
    security(("member" = [])),
    responses(
        (status = 200, description = "The unit as it is now", body = Wire,
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
pub(crate) async fn change_unit(
    State(app): State<App>,
    caller: Caller,
    UnitPath(item, unit): UnitPath,
    _: NoParameters,
    if_match: Result<IfMatch, Problem>,
    body: Result<MergePatchBody, Problem>,
) -> Result<Written, Problem> {
    let revise = |before: UnitRequest| body?.apply(&before);
    let unit = app::named_units::change(&app, &caller, (item, unit), if_match, revise).await?;
    // Lists of what is free in a period show whether a unit is in service.
    Ok(Written::changed(&wire(&unit)).version(unit.version).invalidates(&groups(item)))
}
