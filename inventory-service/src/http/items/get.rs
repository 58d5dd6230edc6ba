use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use inventory_api::Item as Wire;
use problem::{Kind, Problem};
use service_kit::caller::Caller;
use service_kit::http::{CacheRule, NoParameters, PathId, Represented};
use vocabulary::{Item as AnItem, ItemId};

use super::representation::{FRESH_SECONDS, groups, wire};
use crate::app;
use crate::domain::item::Item;
use crate::http::AppState;
use crate::http::refusals::Retired;
use service_kit::http::refusals::{Always, Missing};

/// One item
///
/// A draft is shown to its owner and to administrators, who send their token.
#[utoipa::path(
    get,
    path = "/api/v1/items/{id}",
    tag = "items",
    params(("id" = ItemId, Path)),
    security((), ("member" = [])),
    responses(
        (status = 200, description = "The item", body = Wire, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        Missing,
        Retired
    )
)]
pub(crate) async fn get_item(
    State(state): State<AppState>,
    PathId(id): PathId<AnItem>,
    _: NoParameters,
    parts: Parts,
) -> Result<Represented<Wire>, Problem> {
    let item = app::items::get(&state.app, id).await?;
    let cache = if app::items::is_public(&item) {
        CacheRule::Public { groups: groups(id), fresh_seconds: FRESH_SECONDS }
    } else {
        let reader = reader(parts, &state).await?;
        may_read(reader.as_ref(), &item)?;
        CacheRule::Private
    };
    Ok(Represented::new(wire(&item), cache).version(item.version).modified(item.updated_at))
}

/// Who asks, as far as it matters: the user service is asked only about drafts, so that public items are read without it.
async fn reader(mut parts: Parts, state: &AppState) -> Result<Option<Caller>, Problem> {
    match Caller::from_request_parts(&mut parts, state).await {
        Ok(caller) => Ok(Some(caller)),
        Err(problem) if problem.kind() == Kind::InvalidToken => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// To others a draft is not there.
fn may_read(reader: Option<&Caller>, item: &Item) -> Result<(), Problem> {
    match reader {
        Some(caller) if caller.owns_or_administers(item.owner_id).is_ok() => Ok(()),
        _ => Err(Problem::new(Kind::NotFound)),
    }
}
