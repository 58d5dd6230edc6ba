use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::{FromRequest, Request, State};
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{JsonBody, NoParameters, Written};
use user_api::LogoutRequest;

use crate::app::App;
use crate::http::documented::{Always, TakesJson, TakesToken};
use crate::http::origin::Origin;

/// Sign out
///
/// Ends the session of the access token, whose tokens are refused from the next call on. The body may be left out.
#[utoipa::path(
    post,
    path = "/api/v1/auth/logout",
    tag = "auth",
    request_body = Option<LogoutRequest>,
    security(("member" = [])),
    responses((status = NO_CONTENT, description = "The session has ended"), Always, TakesToken, TakesJson)
)]
pub(in crate::http) async fn logout(
    State(app): State<Arc<App>>,
    caller: Caller,
    origin: Origin,
    _: NoParameters,
    request: Request,
) -> Result<Written, Problem> {
    if !request.body().is_end_stream() {
        let JsonBody::<LogoutRequest> { .. } = JsonBody::from_request(request, &()).await?;
    }
    app.logout(&origin.of(&caller), caller.user_id, caller.session_id).await?;
    Ok(Written::done())
}
