use axum::extract::State;
use axum::response::Response;
use problem::{FieldErrors, Problem};
use serde::Deserialize;
use service_kit::caller::ServiceCaller;
use service_kit::http::QueryOf;
use utoipa::IntoParams;
use vocabulary::UserId;

use crate::app::App;
use crate::http::csv_file::csv_file;
use service_kit::http::refusals::{Always, Parameters, SignIn};

/// Whose file.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportItems {
    /// Whose items they are.
    #[param(required, value_type = UserId)]
    owner_id: Option<String>,
}

/// Give out a member's items as a file
///
/// As the member's own export has it.
#[utoipa::path(
    get,
    path = "/internal/v1/items/export",
    tag = "internal",
    params(ExportItems),
    security(("service" = [])),
    responses(
        (status = 200, description = "The file", body = String, content_type = "text/csv; charset=utf-8",
            headers(("Content-Disposition" = String))),
        Always,
        SignIn,
        Parameters
    )
)]
pub(crate) async fn export_items(
    State(app): State<App>,
    _: ServiceCaller,
    QueryOf(query): QueryOf<ExportItems>,
) -> Result<Response, Problem> {
    let mut errors = FieldErrors::default();
    let owner = errors.required("owner_id", query.owner_id.as_deref());
    let owner = owner.and_then(|id| errors.parsed("owner_id", "malformed", id.parse()));
    let owner: UserId = errors.finish(owner)?;
    csv_file(app, owner).await
}
