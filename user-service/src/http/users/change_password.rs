use std::sync::Arc;

use axum::extract::State;
use problem::{FieldErrors, Problem, ProblemBody};
use service_kit::caller::Caller;
use service_kit::db::to_problem;
use service_kit::http::{IfMatch, JsonBody, NoParameters, Written};
use user_api::{ChangePasswordRequest, TokenPair};

use super::representation::erased;
use crate::app::App;
use crate::http::auth::token_pair;
use crate::http::documented::{Always, HashesPassword, TakesJson, TakesToken};
use crate::http::fields::new_password;
use crate::http::origin::Origin;

/// Change one's own password
///
/// Ends all other sessions. Of this one the tokens in the answer are good from now on, and no others. A password has no
/// version that could be read, so the current one takes the place of `If-Match`; where that is sent all the same, it is held
/// against the account's `ETag`.
#[utoipa::path(
    put,
    path = "/api/v1/users/me/password",
    tag = "users",
    params(("If-Match" = Option<String>, Header, description = "The account's `ETag` that was read")),
    request_body = ChangePasswordRequest,
    security(("member" = [])),
    responses(
        (status = OK, description = "New tokens for this session", body = TokenPair),
        (status = PRECONDITION_FAILED, description = "`If-Match` was sent and names an older version", body = ProblemBody,
            content_type = "application/problem+json"),
        Always, TakesToken, TakesJson, HashesPassword
    )
)]
pub(in crate::http) async fn change_password(
    State(app): State<Arc<App>>,
    caller: Caller,
    origin: Origin,
    if_match: Option<IfMatch>,
    _: NoParameters,
    body: JsonBody<ChangePasswordRequest>,
) -> Result<Written, Problem> {
    if let Some(if_match) = if_match {
        let account = app.account(caller.user_id).await.map_err(|error| to_problem(&error))?.ok_or_else(erased)?;
        if_match.check(account.version)?;
    }
    let mut errors = FieldErrors::default();
    let current = errors.required("/current_password", body.value.current_password);
    let new = new_password(&mut errors, "/new_password", body.value.new_password);
    let (current, new) = errors.finish(current.zip(new))?;
    let grant = app.change_password(caller.user_id, &origin.of(&caller), caller.session_id, current, new).await?;
    Ok(Written::changed(&token_pair(grant)))
}
