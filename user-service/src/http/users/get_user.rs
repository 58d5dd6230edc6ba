use std::sync::Arc;

use axum::extract::State;
use problem::{Problem, ProblemBody};
use service_kit::db::to_problem;
use service_kit::http::{CacheRule, NoParameters, PathId, Represented};
use user_api::User as Shown;
use vocabulary::{User, UserId};

use super::representation::{found, user};
use crate::app::App;
use crate::http::administrator::Administrator;
use crate::http::documented::{Always, ForAdministrators, TakesToken};

/// Read somebody's account
#[utoipa::path(
    get,
    path = "/api/v1/users/{id}",
    tag = "users",
    params(
        ("id" = UserId, Path),
        ("If-None-Match" = Option<String>, Header, description = "An `ETag`; 304 when it still is the current one")
    ),
    security(("member" = [])),
    responses(
        (status = OK, description = "The account", body = Shown, headers(("ETag" = String))),
        (status = NOT_MODIFIED, description = "The client has it already"),
        (status = NOT_FOUND, description = "There is no such account", body = ProblemBody,
            content_type = "application/problem+json"),
        Always, TakesToken, ForAdministrators
    )
)]
pub(in crate::http) async fn get_user(
    State(app): State<Arc<App>>,
    _: Administrator,
    PathId(id): PathId<User>,
    _: NoParameters,
) -> Result<Represented<Shown>, Problem> {
    let account = found(app.account(id).await.map_err(|error| to_problem(&error))?)?;
    let version = account.version;
    Ok(Represented::new(user(account), CacheRule::Private).version(version))
}
