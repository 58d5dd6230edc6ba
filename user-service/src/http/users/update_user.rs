use std::sync::Arc;

use axum::extract::State;
use problem::{FieldErrors, Problem, ProblemBody};
use service_kit::db::to_problem;
use service_kit::http::{IfMatch, MergePatchBody, NoParameters, PathId, Written};
use user_api::{UpdateUserRequest, User as Shown};
use vocabulary::{User, UserId};

use super::representation::{found, user};
use crate::app::App;
use crate::domain::account::{Authority, roles};
use crate::http::administrator::Administrator;
use crate::http::documented::{Always, ForAdministrators, TakesIfMatch, TakesJson, TakesToken};
use crate::http::fields;
use crate::http::origin::Origin;

/// Change what somebody may do
///
/// Counts from the next call of theirs on. Disabling ends their sessions.
#[utoipa::path(
    patch,
    path = "/api/v1/users/{id}",
    tag = "users",
    params(("id" = UserId, Path), ("If-Match" = String, Header, description = "The `ETag` that was read")),
    request_body(content = UpdateUserRequest, content_type = "application/merge-patch+json"),
    security(("member" = [])),
    responses(
        (status = OK, description = "The account as it is now", body = Shown, headers(("ETag" = String))),
        (status = NOT_FOUND, description = "There is no such account", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = CONFLICT, description = "Nobody else could look after the platform", body = ProblemBody,
            content_type = "application/problem+json"),
        Always, TakesToken, ForAdministrators, TakesIfMatch, TakesJson
    )
)]
pub(in crate::http) async fn update_user(
    State(app): State<Arc<App>>,
    Administrator(caller): Administrator,
    origin: Origin,
    PathId(id): PathId<User>,
    if_match: IfMatch,
    _: NoParameters,
    patch: MergePatchBody,
) -> Result<Written, Problem> {
    let account = found(app.account(id).await.map_err(|error| to_problem(&error))?)?;
    if_match.check(account.version)?;
    let now = UpdateUserRequest { roles: Some(roles(account.role)), status: Some(account.status) };
    let merged = patch.apply(&now)?;
    let mut errors = FieldErrors::default();
    let role = fields::role(&mut errors, "/roles", merged.roles);
    let status = errors.required("/status", merged.status);
    let (role, status) = errors.finish(role.zip(status))?;
    let changed = app.set_authority(&origin.of(&caller), &account, Authority { role, status }).await?;
    let version = changed.version;
    Ok(Written::changed(&user(changed)).version(version))
}
