use std::sync::Arc;

use axum::extract::State;
use problem::{FieldErrors, Problem, ProblemBody};
use service_kit::http::{JsonBody, NoParameters, Written};
use user_api::{LoginRequest, TokenPair};

use super::device::Device;
use super::token_pair::token_pair;
use crate::app::{App, LoginAttempt};
use crate::domain::refresh_token::RefreshToken;
use crate::http::documented::{Always, HashesPassword, TakesJson};
use crate::http::origin::Origin;

/// Sign in
///
/// A device that has a session presents its refresh token: the session is renewed rather than joined by another. Nothing in
/// the answer, nor the time it takes, says whether the e-mail is known.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    tag = "auth",
    request_body = LoginRequest,
    responses(
        (status = OK, description = "The tokens of the session", body = TokenPair),
        (status = UNAUTHORIZED, description = "E-mail and password do not match", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "They do, but the account is disabled", body = ProblemBody,
            content_type = "application/problem+json"),
        Always, TakesJson, HashesPassword
    )
)]
pub(in crate::http) async fn login(
    State(app): State<Arc<App>>,
    origin: Origin,
    _: NoParameters,
    Device(device): Device,
    body: JsonBody<LoginRequest>,
) -> Result<Written, Problem> {
    let grant = app.login(&origin.anonymous(), attempt(body.value, device)?).await?;
    Ok(Written::changed(&token_pair(grant)))
}

/// An e-mail that is none, and a refresh token that is none, are those of nobody: the answer is the same.
fn attempt(request: LoginRequest, device: Option<String>) -> Result<LoginAttempt, Problem> {
    let mut errors = FieldErrors::default();
    let email = errors.required("/email", request.email);
    let password = errors.required("/password", request.password);
    let (email, password) = errors.finish(email.zip(password))?;
    let refresh_token = request.refresh_token.and_then(|text| RefreshToken::parse(text.expose()));
    Ok(LoginAttempt { email: email.parse().ok(), password, device, refresh_token })
}
