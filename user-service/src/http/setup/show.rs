use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use problem::Problem;
use serde::Deserialize;
use service_kit::db::to_problem;
use service_kit::http::QueryOf;

use super::form::SetupForm;
use super::page;
use crate::app::{App, SetUpError};
use crate::http::documented::Always;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Parameters {
    pub(super) token: Option<String>,
}

/// Show the page of the setup link
#[utoipa::path(
    get,
    path = "/setup",
    tag = "setup",
    params(("token" = Option<String>, Query, description = "What the link ends with")),
    responses(
        (status = OK, description = "A form", body = String, content_type = "text/html"),
        (status = FORBIDDEN, description = "The link is not good any more", body = String, content_type = "text/html"),
        Always
    )
)]
pub(in crate::http) async fn show_setup(
    State(app): State<Arc<App>>,
    QueryOf(parameters): QueryOf<Parameters>,
) -> Result<Response, Problem> {
    let filled = SetupForm { token: parameters.token.unwrap_or_default(), ..SetupForm::default() };
    let is_open = app.is_setup_open(&filled.token()).await.map_err(|error| to_problem(&error))?;
    Ok(if is_open { filled.page(None) } else { page::refusal(&SetUpError::LinkSpent.into()) })
}
