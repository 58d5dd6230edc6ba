use std::sync::Arc;

use axum::extract::State;
use problem::{FieldErrors, Problem};
use serde::Deserialize;
use service_kit::db::to_problem;
use service_kit::http::{CacheRule, Cursor, Limit, QueryOf, Represented};
use user_api::{SecurityEvent, SecurityEventKind};
use vocabulary::{Page, UserId};

use crate::app::{App, EventFilter, Keyset};
use crate::http::administrator::Administrator;
use crate::http::documented::{Always, ForAdministrators, OutOfRange, TakesToken};
use crate::http::fields::{choice, id};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Parameters {
    kind: Option<String>,
    user_id: Option<String>,
    actor_id: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

/// Read the audit trail, newest first
///
/// Logins and failures, sessions that were ended, passwords, roles and keys that were changed. Events are kept for 180 days.
#[utoipa::path(
    get,
    path = "/api/v1/auth/events",
    tag = "auth",
    params(
        ("kind" = Option<SecurityEventKind>, Query),
        ("user_id" = Option<UserId>, Query, description = "Whose account it concerns"),
        ("actor_id" = Option<UserId>, Query, description = "Who did it"),
        ("limit" = Option<u32>, Query, description = "20 if it is left out, 100 at most"),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    security(("member" = [])),
    responses(
        (status = OK, description = "The events", body = Page<SecurityEvent>),
        Always, TakesToken, ForAdministrators, OutOfRange
    )
)]
pub(in crate::http) async fn list_events(
    State(app): State<Arc<App>>,
    _: Administrator,
    QueryOf(parameters): QueryOf<Parameters>,
) -> Result<Represented<Page<SecurityEvent>>, Problem> {
    let mut errors = FieldErrors::default();
    let limit = Limit::parse(parameters.limit.as_deref(), &mut errors);
    let filter = EventFilter {
        kind: choice(&mut errors, "kind", parameters.kind),
        user: id(&mut errors, "user_id", parameters.user_id),
        actor: id(&mut errors, "actor_id", parameters.actor_id),
    };
    let limit = errors.finish(Some(limit))?;
    let cursors = Cursor::of(&("events", filter.kind, filter.user, filter.actor));
    let before = parameters.cursor.map(|text| cursors.decode(&text)).transpose()?;
    let page = app.security_events(filter, Keyset { before, limit: limit.get() }).await;
    let (items, next) = page.map_err(|error| to_problem(&error))?;
    Ok(Represented::new(Page { items, next: next.map(|id| cursors.encode(&id)) }, CacheRule::Private))
}
