use std::sync::Arc;

use axum::extract::State;
use problem::{Problem, ProblemBody};
use service_kit::db::to_problem;
use service_kit::http::{NoParameters, PathId, Written};
use user_api::PasswordResetLink;
use vocabulary::{Secret, User, UserId};

use super::representation::found;
use crate::app::App;
use crate::http::administrator::Administrator;
use crate::http::documented::{Always, ForAdministrators, TakesToken};
use crate::http::origin::Origin;

/// Make a link with which somebody can set a new password
///
/// Good once and for 24 hours; a link that was made before is worthless from now on. Whoever has the link has the account,
/// so it is handed to its owner and to nobody else. Making it changes nothing for the owner until it is used.
#[utoipa::path(
    post,
    path = "/api/v1/users/{id}/password-reset",
    tag = "users",
    params(("id" = UserId, Path)),
    security(("member" = [])),
    responses(
        (status = OK, description = "The link", body = PasswordResetLink),
        (status = NOT_FOUND, description = "There is no such account", body = ProblemBody,
            content_type = "application/problem+json"),
        Always, TakesToken, ForAdministrators
    )
)]
pub(in crate::http) async fn offer_reset(
    State(app): State<Arc<App>>,
    Administrator(caller): Administrator,
    origin: Origin,
    PathId(id): PathId<User>,
    _: NoParameters,
) -> Result<Written, Problem> {
    let account = found(app.account(id).await.map_err(|error| to_problem(&error))?)?;
    let offered = app.offer_reset(&origin.of(&caller), &account).await;
    let (token, expires_at) = offered.map_err(|error| to_problem(&error))?;
    Ok(Written::changed(&PasswordResetLink {
        user_id: id,
        path: Secret::new(format!("/setup/password?token={}", token.as_str())),
        token: Secret::new(token.as_str()),
        expires_at,
    }))
}
