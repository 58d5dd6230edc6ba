use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::description::Description;
use super::{AppState, list_reports, list_runs, report, start_reconciliation, start_run};

/// Every route there is.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(list_runs::list_warehouse_runs))
        .routes(routes!(start_run::start_warehouse_run))
        .routes(routes!(start_reconciliation::start_warehouse_reconciliation))
        .routes(routes!(list_reports::list_warehouse_reports))
        .routes(routes!(report::get_warehouse_report))
}

/// The OpenAPI document of all routes.
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}
