use axum::extract::State;
use inventory_api::Item as Wire;
use problem::{FieldErrors, Problem};
use serde::Deserialize;
use service_kit::caller::Caller;
use service_kit::http::{CacheRule, Cursor, Limit, QueryOf, Represented};
use utoipa::IntoParams;
use vocabulary::Page;

use super::representation::{page, place};
use crate::app::{self, App};
use crate::domain::listing::{Audience, Listing};
use crate::domain::sort::Sort;
use service_kit::http::refusals::{Always, Parameters, SignIn};

/// Which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListMyItems {
    /// 1 to 100; 20 unless given, and more than 100 gives 100.
    #[param(value_type = Option<u64>)]
    limit: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// What the caller offers
///
/// Drafts and paused items included, retired ones left out; newest first.
#[utoipa::path(
    get,
    path = "/api/v1/users/me/items",
    tag = "items",
    params(ListMyItems),
    security(("member" = [])),
    responses(
        (status = 200, description = "One page", body = Page<Wire>, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        SignIn,
        Parameters
    )
)]
pub(crate) async fn list_my_items(
    State(app): State<App>,
    caller: Caller,
    QueryOf(query): QueryOf<ListMyItems>,
) -> Result<Represented<Page<Wire>>, Problem> {
    let mut errors = FieldErrors::default();
    let limit = Limit::parse(query.limit.as_deref(), &mut errors);
    let limit = errors.finish(Some(limit))?;
    let cursor = Cursor::of(&("mine", caller.user_id));
    let listing = Listing {
        owner: Some(caller.user_id),
        after: place(&cursor, query.cursor.as_deref(), Sort::NEWEST)?,
        ..Listing::all(Audience::Owner)
    };
    let found = app::listing::page(&app, &listing, limit).await?;
    Ok(Represented::new(page(found, &cursor), CacheRule::Private))
}
