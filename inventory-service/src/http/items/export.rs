use axum::extract::State;
use axum::response::Response;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::NoParameters;

use crate::app::App;
use crate::http::csv_file::csv_file;
use service_kit::http::refusals::{Always, SignIn};

/// What the caller offers, as a file
///
/// CSV in UTF-8 with the columns of an import, drafts and paused items included and retired ones left out. A cell that a
/// spreadsheet would take for a formula has an apostrophe before it, which an import takes off again. What was given out and is
/// taken in unchanged changes nothing.
#[utoipa::path(
    get,
    path = "/api/v1/users/me/items/export",
    tag = "items",
    security(("member" = [])),
    responses(
        (status = 200, description = "The file", body = String, content_type = "text/csv; charset=utf-8",
            headers(("Content-Disposition" = String))),
        Always,
        SignIn
    )
)]
pub(crate) async fn export_my_items(
    State(app): State<App>,
    caller: Caller,
    _: NoParameters,
) -> Result<Response, Problem> {
    csv_file(app, caller.user_id).await
}
