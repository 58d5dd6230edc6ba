use std::sync::Arc;

use axum::extract::State;
use problem::{FieldErrors, Problem};
use serde::Deserialize;
use service_kit::caller::Caller;
use service_kit::db::to_problem;
use service_kit::http::{CacheRule, Cursor, Limit, QueryOf, Represented};
use user_api::UserSession;
use vocabulary::{Page, SessionId};

use crate::app::{App, Keyset};
use crate::domain::session::Session;
use crate::http::documented::{Always, OutOfRange, TakesToken};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Parameters {
    limit: Option<String>,
    cursor: Option<String>,
}

/// List one's own sessions, newest first
#[utoipa::path(
    get,
    path = "/api/v1/auth/sessions",
    tag = "auth",
    params(
        ("limit" = Option<u32>, Query, description = "20 if it is left out, 100 at most"),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    security(("member" = [])),
    responses((status = OK, description = "The sessions", body = Page<UserSession>), Always, TakesToken, OutOfRange)
)]
pub(in crate::http) async fn list_sessions(
    State(app): State<Arc<App>>,
    caller: Caller,
    QueryOf(parameters): QueryOf<Parameters>,
) -> Result<Represented<Page<UserSession>>, Problem> {
    let mut errors = FieldErrors::default();
    let limit = Limit::parse(parameters.limit.as_deref(), &mut errors);
    let limit = errors.finish(Some(limit))?;
    let cursors = Cursor::of(&("sessions", caller.user_id));
    let before: Option<SessionId> = parameters.cursor.map(|text| cursors.decode(&text)).transpose()?;
    let page = app.sessions(caller.user_id, Keyset { before, limit: limit.get() }).await;
    let (sessions, next) = page.map_err(|error| to_problem(&error))?;
    let next = next.map(|id| cursors.encode(&id));
    let items = sessions.into_iter().map(|session| shown(session, &caller)).collect();
    Ok(Represented::new(Page { items, next }, CacheRule::Private))
}

/// A session as its owner reads it.
pub(in crate::http) fn shown(session: Session, caller: &Caller) -> UserSession {
    UserSession {
        current: session.id == caller.session_id,
        id: session.id,
        device: session.device,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        expires_at: session.expires_at,
    }
}
