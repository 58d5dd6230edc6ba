use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use problem::{Kind, Problem};
use service_kit::http::NoParameters;

use super::form::{SetupForm, Submitted};
use super::page;
use crate::app::App;
use crate::domain::account::Account;
use crate::http::documented::{Always, TakesForm};
use crate::http::fields::registration;
use crate::http::origin::Origin;

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
pub(in crate::http) async fn submit_setup(
    State(app): State<Arc<App>>,
    origin: Origin,
    _: NoParameters,
    Submitted(form): Submitted<SetupForm>,
) -> Response {
    match set_up(&app, origin, &form).await {
        Ok(account) => page::done(
            "Lendery is set up",
            "You are the administrator. Sign in as ",
            account.email.as_str(),
            " from now on; the link has been used up.",
        ),
        Err(problem) if problem.kind() == Kind::Forbidden => page::refusal(&problem),
        Err(problem) => form.page(Some(&problem)),
    }
}

async fn set_up(app: &App, origin: Origin, form: &SetupForm) -> Result<Account, Problem> {
    let registration = registration(form.account())?;
    Ok(app.set_up(&origin.anonymous(), &form.token(), registration).await?)
}
