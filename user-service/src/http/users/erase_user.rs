use std::sync::Arc;

use axum::extract::State;
use problem::{Problem, ProblemBody};
use service_kit::http::{IfMatch, NoParameters, PathId, Written};
use vocabulary::{User, UserId};

use super::representation::{found, group};
use crate::app::App;
use crate::http::administrator::Administrator;
use crate::http::documented::{Always, ForAdministrators, TakesIfMatch, TakesToken};
use crate::http::origin::Origin;

/// Erase somebody's account
///
/// As its owner can do: the id stays, as a pseudonym for what others lent or borrowed.
#[utoipa::path(
    delete,
    path = "/api/v1/users/{id}",
    tag = "users",
    params(("id" = UserId, Path), ("If-Match" = String, Header, description = "The `ETag` that was read")),
    security(("member" = [])),
    responses(
        (status = NO_CONTENT, description = "The account is no more", headers(("Cache-Group-Invalidation" = String))),
        (status = NOT_FOUND, description = "There is no such account", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = CONFLICT, description = "Nobody else could look after the platform", body = ProblemBody,
            content_type = "application/problem+json"),
        Always, TakesToken, ForAdministrators, TakesIfMatch
    )
)]
pub(in crate::http) async fn erase_user(
    State(app): State<Arc<App>>,
    Administrator(caller): Administrator,
    origin: Origin,
    PathId(id): PathId<User>,
    if_match: IfMatch,
    _: NoParameters,
) -> Result<Written, Problem> {
    let account = found(app.account_to_erase(id).await?)?;
    if_match.check(account.version)?;
    app.erase(&origin.of(&caller), &account).await?;
    Ok(Written::done().invalidates(&[group(id)]))
}
