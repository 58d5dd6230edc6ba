use std::sync::Arc;

use axum::extract::State;
use problem::{FieldErrors, Problem, ProblemBody};
use service_kit::http::{JsonBody, NoParameters, Written};
use user_api::{RefreshRequest, TokenPair};

use super::token_pair::token_pair;
use crate::app::{App, RefreshError};
use crate::domain::refresh_token::RefreshToken;
use crate::http::documented::{Always, TakesJson};
use crate::http::origin::Origin;

/// Exchange a refresh token for a new pair
///
/// A refresh token is good for one use. Used a second time it ends its session, because two parties have it; only within 5
/// seconds, and while its successor has not been used, the same successor is given again.
#[utoipa::path(
    post,
    path = "/api/v1/auth/refresh",
    tag = "auth",
    request_body = RefreshRequest,
    responses(
        (status = OK, description = "The next tokens of the session", body = TokenPair),
        (status = UNAUTHORIZED, description = "The refresh token is not good any more", body = ProblemBody,
            content_type = "application/problem+json"),
        Always, TakesJson
    )
)]
pub(in crate::http) async fn refresh(
    State(app): State<Arc<App>>,
    origin: Origin,
    _: NoParameters,
    body: JsonBody<RefreshRequest>,
) -> Result<Written, Problem> {
    let mut errors = FieldErrors::default();
    let text = errors.required("/refresh_token", body.value.refresh_token);
    let text = errors.finish(text)?;
    let token = RefreshToken::parse(text.expose()).ok_or(RefreshError::Refused)?;
    Ok(Written::changed(&token_pair(app.refresh(&origin.anonymous(), &token).await?)))
}
