use axum::extract::State;
use inventory_api::{Free, PeriodRequest};
use problem::{FieldErrors, Problem};
use serde::Deserialize;
use service_kit::caller::ServiceCaller;
use service_kit::http::{CacheRule, PathId, QueryOf, Represented};
use utoipa::IntoParams;
use vocabulary::{Item, ItemId};

use crate::app::{self, App};
use crate::http::refusals::Retired;
use service_kit::http::refusals::{Always, Missing, Parameters, SignIn};

/// For when.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountFree {
    /// When the loan would begin; required for what is lent, as the end is.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    start: Option<String>,
    /// When it would end.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    end: Option<String>,
}

/// How many could be reserved
///
/// Units for the whole period, or pieces of a stock. Nothing is held.
#[utoipa::path(
    get,
    path = "/internal/v1/items/{id}/free",
    tag = "reservations",
    params(("id" = ItemId, Path), CountFree),
    security(("service" = [])),
    responses(
        (status = 200, description = "The number", body = Free, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        SignIn,
        Missing,
        Retired,
        Parameters
    )
)]
pub(crate) async fn count_free(
    State(app): State<App>,
    _: ServiceCaller,
    PathId(id): PathId<Item>,
    QueryOf(query): QueryOf<CountFree>,
) -> Result<Represented<Free>, Problem> {
    let mut errors = FieldErrors::default();
    let mut instant =
        |name: &str, text: Option<&str>| text.and_then(|text| errors.parsed(name, "malformed", text.parse()));
    let start = instant("start", query.start.as_deref());
    let end = instant("end", query.end.as_deref());
    errors.finish(Some(()))?;
    let period = (query.start.is_some() || query.end.is_some()).then_some(PeriodRequest { start, end });
    let free = app::reservations::free(&app, id, period.as_ref()).await?;
    Ok(Represented::new(Free { free: u32::try_from(free).unwrap_or(u32::MAX) }, CacheRule::Private))
}
