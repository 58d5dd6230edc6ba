use axum::extract::State;
use inventory_api::Unit as Wire;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{CacheRule, NoParameters, PathId, Represented};
use vocabulary::{Item, ItemId, Page};

use super::representation::wire;
use crate::app::{self, App};
use crate::http::refusals::Retired;
use service_kit::http::refusals::{Always, Missing, Ownership, SignIn};

/// The units of an item
///
/// One page with all of them, at most 1,000, in the order in which they were added.
#[utoipa::path(
    get,
    path = "/api/v1/items/{id}/units",
    tag = "units",
    params(("id" = ItemId, Path)),
    security(("member" = [])),
    responses(
        (status = 200, description = "All of them", body = Page<Wire>, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        SignIn,
        Ownership,
        Missing,
        Retired
    )
)]
pub(crate) async fn list_units(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<Item>,
    _: NoParameters,
) -> Result<Represented<Page<Wire>>, Problem> {
    let units = app::named_units::all(&app, &caller, id).await?;
    Ok(Represented::new(Page { items: units.iter().map(wire).collect(), next: None }, CacheRule::Private))
}
