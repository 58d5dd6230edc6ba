use std::sync::Arc;

use axum::extract::State;
use problem::Problem;
use service_kit::http::refusals::{Always, Ownership, SignIn};
use service_kit::http::{CacheRule, NoParameters, Represented};

use super::administrator::Administrator;
use crate::{Status, Warehouse};

/// The last runs, newest first, and what the warehouse holds
#[utoipa::path(
    get,
    path = "/api/v1/warehouse/runs",
    tag = "warehouse",
    security(("member" = [])),
    responses((status = 200, description = "Runs and tables", body = Status), Always, SignIn, Ownership)
)]
pub(crate) async fn list_warehouse_runs(
    State(warehouse): State<Arc<Warehouse>>,
    _: Administrator,
    _: NoParameters,
) -> Result<Represented<Status>, Problem> {
    Ok(Represented::new(warehouse.status().await?, CacheRule::Private))
}
