use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use problem::{FieldErrors, Kind, Problem};
use service_kit::http::NoParameters;

use super::form::{ResetForm, Submitted};
use super::page;
use crate::app::App;
use crate::http::documented::{Always, TakesForm};
use crate::http::fields::new_password;
use crate::http::origin::Origin;

/// Set a new password by the page of a link
#[utoipa::path(
    post,
    path = "/setup/password",
    tag = "setup",
    request_body(content = ResetForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = OK, description = "The password is set", body = String, content_type = "text/html"),
        (status = FORBIDDEN, description = "The link is not good any more", body = String, content_type = "text/html"),
        (status = UNPROCESSABLE_ENTITY, description = "The form, with what was refused", body = String,
            content_type = "text/html"),
        (status = TOO_MANY_REQUESTS, description = "Too many passwords wait to be hashed", body = String,
            content_type = "text/html"),
        Always, TakesForm
    )
)]
pub(in crate::http) async fn submit_reset(
    State(app): State<Arc<App>>,
    origin: Origin,
    _: NoParameters,
    Submitted(form): Submitted<ResetForm>,
) -> Response {
    match reset(&app, origin, &form).await {
        Ok(()) => page::done("The password is set", "Sign in with it from now on. ", "The link", " has been used up."),
        Err(problem) if problem.kind() == Kind::Forbidden => page::refusal(&problem),
        Err(problem) => form.page(Some(&problem)),
    }
}

async fn reset(app: &App, origin: Origin, form: &ResetForm) -> Result<(), Problem> {
    let mut errors = FieldErrors::default();
    let new = new_password(&mut errors, "/new_password", Some(form.new_password.clone()));
    let new = errors.finish(new)?;
    Ok(app.reset_password(&origin.anonymous(), &form.token(), new).await?)
}
