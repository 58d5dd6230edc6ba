use std::sync::Arc;

use axum::extract::State;
use problem::{FieldErrors, Problem};
use service_kit::caller::Caller;
use service_kit::http::{JsonBody, NoParameters, Written};
use user_api::{ChangePasswordRequest, TokenPair};

use crate::app::App;
use crate::http::auth::token_pair;
use crate::http::documented::{Always, HashesPassword, TakesJson, TakesToken};
use crate::http::fields::new_password;
use crate::http::origin::Origin;

/// Change one's own password
///
/// Ends all other sessions. Of this one the tokens in the answer are good from now on, and no others. A password has no
/// version that could be read, so the current one takes the place of `If-Match`.
#[utoipa::path(
    put,
    path = "/api/v1/users/me/password",
    tag = "users",
    request_body = ChangePasswordRequest,
    security(("member" = [])),
    responses(
        (status = OK, description = "New tokens for this session", body = TokenPair),
        Always, TakesToken, TakesJson, HashesPassword
    )
)]
pub(in crate::http) async fn change_password(
    State(app): State<Arc<App>>,
    caller: Caller,
    origin: Origin,
    _: NoParameters,
    body: JsonBody<ChangePasswordRequest>,
) -> Result<Written, Problem> {
    let mut errors = FieldErrors::default();
    let current = errors.required("/current_password", body.value.current_password);
    let new = new_password(&mut errors, "/new_password", body.value.new_password);
    let (current, new) = errors.finish(current.zip(new))?;
    let grant = app.change_password(caller.user_id, &origin.of(&caller), caller.session_id, current, new).await?;
    Ok(Written::changed(&token_pair(grant)))
}
