use std::sync::Arc;

use axum::extract::State;
use problem::{Problem, ProblemBody};
use service_kit::caller::Caller;
use service_kit::http::{NoParameters, PathId, Written};
use vocabulary::{Session, SessionId};

use crate::app::App;
use crate::http::documented::{Always, TakesToken};
use crate::http::origin::Origin;

/// End one of one's own sessions
///
/// A session never changes its meaning, so this takes no `If-Match`.
#[utoipa::path(
    delete,
    path = "/api/v1/auth/sessions/{id}",
    tag = "auth",
    params(("id" = SessionId, Path)),
    security(("member" = [])),
    responses(
        (status = NO_CONTENT, description = "The session has ended"),
        (status = NOT_FOUND, description = "The caller has no such session", body = ProblemBody,
            content_type = "application/problem+json"),
        Always, TakesToken
    )
)]
pub(in crate::http) async fn revoke_session(
    State(app): State<Arc<App>>,
    caller: Caller,
    origin: Origin,
    PathId(id): PathId<Session>,
    _: NoParameters,
) -> Result<Written, Problem> {
    app.revoke(&origin.of(&caller), caller.user_id, id).await?;
    Ok(Written::done())
}
