use axum::extract::State;
use inventory_api::{Unit as Wire, UnitRequest};
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IdempotencyKey, JsonBody, NoParameters, PathId, Written};
use vocabulary::{Item, ItemId};

use super::representation::wire;
use crate::app::{self, App};
use crate::http::items::groups;
use crate::http::refusals::Retired;
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, Ownership, SignIn};

/// Add a unit to an item that is lent
#[utoipa::path(
    post,
    path = "/api/v1/items/{id}/units",
    tag = "units",
    params(
        ("id" = ItemId, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again")
    ),
    request_body = UnitRequest,
    security(("member" = [])),
    responses(
        (status = 201, description = "The new unit", body = Wire,
            headers(("Location" = String), ("ETag" = String), ("Cache-Group-Invalidation" = String))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Retired,
        Contradiction,
        Body
    )
)]
pub(crate) async fn add_unit(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<Item>,
    key: IdempotencyKey,
    _: NoParameters,
    body: JsonBody<UnitRequest>,
) -> Result<Written, Problem> {
    let keyed = key.of(caller.user_id.uuid(), "POST /items/{id}/units", &[id.uuid().as_bytes(), &*body.bytes].concat());
    let added = app::named_units::add(&app, &caller, id, &body.value, &keyed, |unit| {
        let location = format!("/api/v1/items/{id}/units/{}", unit.id);
        Written::created(&location, &wire(unit)).version(unit.version).invalidates(&groups(id))
    });
    Ok(added.await?)
}
