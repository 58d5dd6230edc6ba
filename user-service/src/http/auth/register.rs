use std::sync::Arc;

use axum::extract::State;
use problem::{Problem, ProblemBody};
use service_kit::http::{JsonBody, NoParameters, Written};
use user_api::{RegisterRequest, User};

use crate::app::App;
use crate::http::documented::{Always, HashesPassword, TakesJson};
use crate::http::fields::registration;
use crate::http::origin::Origin;
use crate::http::users::user;

/// Open an account
///
/// The e-mail is the natural key: sent twice, the second is answered 409 and there is one account.
#[utoipa::path(
    post,
    path = "/api/v1/auth/register",
    tag = "auth",
    request_body = RegisterRequest,
    responses(
        (status = CREATED, description = "The new account", body = User,
            headers(("Location" = String, description = "Where its owner reads it"), ("ETag" = String))),
        (status = CONFLICT, description = "The e-mail belongs to an account", body = ProblemBody,
            content_type = "application/problem+json"),
        Always, TakesJson, HashesPassword
    )
)]
pub(in crate::http) async fn register(
    State(app): State<Arc<App>>,
    origin: Origin,
    _: NoParameters,
    body: JsonBody<RegisterRequest>,
) -> Result<Written, Problem> {
    let account = app.register(&origin.anonymous(), registration(body.value)?).await?;
    let version = account.version;
    Ok(Written::created("/api/v1/users/me", &user(account)).version(version))
}
