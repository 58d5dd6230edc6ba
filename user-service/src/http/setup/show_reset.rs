use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use problem::Problem;
use service_kit::db::to_problem;
use service_kit::http::QueryOf;

use super::form::ResetForm;
use super::page;
use super::show::Parameters;
use crate::app::{App, ResetError};
use crate::http::documented::Always;

/// Show the page of a link for a new password
#[utoipa::path(
    get,
    path = "/setup/password",
    tag = "setup",
    params(("token" = Option<String>, Query, description = "What the link ends with")),
    responses(
        (status = OK, description = "A form", body = String, content_type = "text/html"),
        (status = FORBIDDEN, description = "The link is not good any more", body = String, content_type = "text/html"),
        Always
    )
)]
pub(in crate::http) async fn show_reset(
    State(app): State<Arc<App>>,
    QueryOf(parameters): QueryOf<Parameters>,
) -> Result<Response, Problem> {
    let form = ResetForm { token: parameters.token.unwrap_or_default(), ..ResetForm::default() };
    let is_open = app.is_reset_open(&form.token()).await.map_err(|error| to_problem(&error))?;
    Ok(if is_open { form.page(None) } else { page::refusal(&ResetError::LinkSpent.into()) })
}
