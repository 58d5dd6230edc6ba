use axum::extract::State;
use inventory_api::{ItemChange as Wire, ItemChangeId};
use problem::{FieldErrors, Problem};
use serde::Deserialize;
use service_kit::caller::Caller;
use service_kit::http::{CacheRule, Cursor, Limit, PathId, QueryOf, Represented};
use utoipa::IntoParams;
use vocabulary::{Item, ItemId, Page};

use crate::app::{self, App};
use crate::domain::history::Change;
use service_kit::http::refusals::{Always, Missing, Ownership, Parameters, SignIn};

/// Which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListChanges {
    /// 1 to 100; 20 unless given, and more than 100 gives 100.
    #[param(value_type = Option<u64>)]
    limit: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Who has changed an item
///
/// Newest first, with what was otherwise before. It is kept when the item is retired.
#[utoipa::path(
    get,
    path = "/api/v1/items/{id}/history",
    tag = "items",
    params(("id" = ItemId, Path), ListChanges),
    security(("member" = [])),
    responses(
        (status = 200, description = "One page", body = Page<Wire>, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        SignIn,
        Ownership,
        Missing,
        Parameters
    )
)]
pub(crate) async fn item_history(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<Item>,
    QueryOf(query): QueryOf<ListChanges>,
) -> Result<Represented<Page<Wire>>, Problem> {
    let mut errors = FieldErrors::default();
    let limit = Limit::parse(query.limit.as_deref(), &mut errors);
    let limit = errors.finish(Some(limit))?;
    let cursor = Cursor::of(&("history", id));
    let after: Option<ItemChangeId> = query.cursor.map(|text| cursor.decode(&text)).transpose()?;
    let (changes, next) = app::history::page(&app, &caller, id, after, limit).await?;
    let next = next.map(|place| cursor.encode(&place));
    Ok(Represented::new(Page { items: changes.into_iter().map(wire).collect(), next }, CacheRule::Private))
}

/// The change as the owner sees it.
fn wire(change: Change) -> Wire {
    let Change { id, version, by, kind, before, after, at, .. } = change;
    Wire { id, kind, version, by, at, before, after }
}
