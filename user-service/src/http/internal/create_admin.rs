use std::sync::Arc;

use axum::extract::State;
use problem::{Problem, ProblemBody};
use service_kit::caller::ServiceCaller;
use service_kit::http::{JsonBody, NoParameters, Written};
use user_api::{RegisterRequest, User};

use crate::app::App;
use crate::http::documented::{Always, HashesPassword, TakesJson, TakesToken};
use crate::http::fields::registration;
use crate::http::origin::Origin;
use crate::http::users::user;

/// Make somebody an administrator
///
/// An account that has this e-mail is given the password of the request and loses its sessions: whoever registered it need
/// not be whom the operator means.
#[utoipa::path(
    post,
    path = "/internal/v1/admins",
    tag = "internal",
    request_body = RegisterRequest,
    security(("service" = [])),
    responses(
        (status = OK, description = "The account that has become an administrator's", body = User),
        (status = CREATED, description = "The new account", body = User, headers(("Location" = String), ("ETag" = String))),
        (status = CONFLICT, description = "The account was registered at the same moment", body = ProblemBody,
            content_type = "application/problem+json"),
        Always, TakesToken, TakesJson, HashesPassword
    )
)]
pub(in crate::http) async fn create_admin(
    State(app): State<Arc<App>>,
    _: ServiceCaller,
    origin: Origin,
    _: NoParameters,
    body: JsonBody<RegisterRequest>,
) -> Result<Written, Problem> {
    let appointment = app.appoint(&origin.anonymous(), registration(body.value)?).await?;
    let (is_new, version) = (appointment.is_new, appointment.account.version);
    let shown = user(appointment.account);
    let written = if is_new { Written::created("/api/v1/users/me", &shown) } else { Written::changed(&shown) };
    Ok(written.version(version))
}
