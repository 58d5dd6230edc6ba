use std::sync::Arc;

use axum::extract::State;
use problem::{FieldErrors, Problem, ProblemBody};
use service_kit::http::{JsonBody, NoParameters, Written};
use user_api::ResetPasswordRequest;

use crate::app::App;
use crate::domain::link_token::LinkToken;
use crate::http::documented::{Always, HashesPassword, TakesJson};
use crate::http::fields::new_password;
use crate::http::origin::Origin;

/// Set a new password by an administrator's link
///
/// Ends all sessions of the account, and uses the link up.
#[utoipa::path(
    post,
    path = "/api/v1/auth/password-reset",
    tag = "auth",
    request_body = ResetPasswordRequest,
    responses(
        (status = NO_CONTENT, description = "The password is set; sign in with it"),
        (status = FORBIDDEN, description = "The link is not good any more", body = ProblemBody,
            content_type = "application/problem+json"),
        Always, TakesJson, HashesPassword
    )
)]
pub(in crate::http) async fn reset_password(
    State(app): State<Arc<App>>,
    origin: Origin,
    _: NoParameters,
    body: JsonBody<ResetPasswordRequest>,
) -> Result<Written, Problem> {
    let mut errors = FieldErrors::default();
    let token = errors.required("/token", body.value.token);
    let new = new_password(&mut errors, "/new_password", body.value.new_password);
    let (token, new) = errors.finish(token.zip(new))?;
    app.reset_password(&origin.anonymous(), &LinkToken::presented(token.expose()), new).await?;
    Ok(Written::done())
}
