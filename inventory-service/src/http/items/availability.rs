use axum::extract::State;
use inventory_api::{Availability, DayAvailability};
use problem::{FieldErrors, Problem};
use serde::Deserialize;
use service_kit::http::{CacheRule, PathId, QueryOf, Represented};
use utoipa::IntoParams;
use vocabulary::{Item, ItemId};

use crate::app::{self, App};
use crate::domain::days::Days;
use crate::http::refusals::Retired;
use service_kit::http::refusals::{Always, Missing, Parameters};

/// How long the gateway calls it fresh: services reserve past the gateway, which hears of it late.
const FRESH_SECONDS: u32 = 5;

/// The cache group of all availabilities, for who changes more items than a header can name.
pub(in crate::http) const GROUP: &str = "availability";

/// Which days, in the time zone of the item's pick-up place.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct AvailabilityOf {
    /// The first day; today unless given.
    #[param(value_type = Option<chrono::NaiveDate>)]
    from: Option<String>,
    /// The day after the last, at most 366 days after the first; 31 unless given.
    #[param(value_type = Option<chrono::NaiveDate>)]
    to: Option<String>,
}

/// When an item is free
///
/// How many units can be reserved for each day, whole, or for what is left of today. Of what is sold, how many are left.
#[utoipa::path(
    get,
    path = "/api/v1/items/{id}/availability",
    tag = "items",
    params(("id" = ItemId, Path), AvailabilityOf),
    security(()),
    responses(
        (status = 200, description = "Day by day", body = Availability, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        Missing,
        Retired,
        Parameters
    )
)]
pub(crate) async fn item_availability(
    State(app): State<App>,
    PathId(id): PathId<Item>,
    QueryOf(query): QueryOf<AvailabilityOf>,
) -> Result<Represented<Availability>, Problem> {
    let days = |today| {
        let mut errors = FieldErrors::default();
        let days = Days::parse(&mut errors, ("from", query.from.as_deref()), ("to", query.to.as_deref()), today);
        errors.finish(days)
    };
    let found = app::availability::availability(&app, id, days).await?;
    let count = |units| u32::try_from(units).unwrap_or(u32::MAX);
    let day = |(date, free)| DayAvailability { date, free: count(free) };
    let availability = Availability {
        item_id: id,
        time_zone: found.item.time_zone().name().to_owned(),
        in_use: count(found.in_use),
        days: found.free.into_iter().map(day).collect(),
    };
    let cache =
        CacheRule::Public { groups: vec![format!("item:{id}"), GROUP.to_owned()], fresh_seconds: FRESH_SECONDS };
    // Days pass by themselves, so what is told is of this moment.
    Ok(Represented::new(availability, cache).modified(app.clock.now()))
}
