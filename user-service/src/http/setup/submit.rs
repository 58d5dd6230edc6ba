use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use problem::{Kind, Problem};
use service_kit::http::NoParameters;

use super::form::SetupForm;
use super::page;
use crate::app::App;
use crate::domain::account::Account;
use crate::http::documented::{Always, TakesForm};
use crate::http::fields::registration;

/// Set up the account of the first administrator
#[utoipa::path(
    post,
    path = "/setup",
    tag = "setup",
    request_body(content = SetupForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = OK, description = "The account is there", body = String, content_type = "text/html"),
        (status = FORBIDDEN, description = "The link is not good any more", body = String, content_type = "text/html"),
        (status = CONFLICT, description = "The e-mail belongs to an account", body = String, content_type = "text/html"),
        (status = UNPROCESSABLE_ENTITY, description = "The form, with what was refused", body = String,
            content_type = "text/html"),
        (status = TOO_MANY_REQUESTS, description = "Too many passwords wait to be hashed", body = String,
            content_type = "text/html"),
        Always, TakesForm
    )
)]
pub(in crate::http) async fn submit_setup(State(app): State<Arc<App>>, _: NoParameters, form: SetupForm) -> Response {
    match set_up(&app, &form).await {
        Ok(account) => page::done(account.email.as_str()),
        Err(problem) if problem.kind() == Kind::Forbidden => page::refusal(&problem),
        Err(problem) => page::form(&form, Some(&problem)),
    }
}

async fn set_up(app: &App, form: &SetupForm) -> Result<Account, Problem> {
    let registration = registration(form.account())?;
    Ok(app.set_up(&form.token(), registration).await?)
}
