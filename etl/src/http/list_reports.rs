use serde::Serialize;
use service_kit::http::refusals::{Always, Ownership, SignIn};
use service_kit::http::{CacheRule, NoParameters, Represented};
use utoipa::ToSchema;

use super::administrator::Administrator;
use crate::REPORTS;

/// The reports there are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WarehouseReports {
    items: Vec<WarehouseReportName>,
}

/// A report that can be asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WarehouseReportName {
    name: &'static str,
    /// What it says, in a sentence.
    about: &'static str,
}

/// The reports there are
#[utoipa::path(
    get,
    path = "/api/v1/warehouse/reports",
    tag = "warehouse",
    security(("member" = [])),
    responses((status = 200, description = "Names and what they mean", body = WarehouseReports), Always, SignIn, Ownership)
)]
pub(crate) async fn list_warehouse_reports(_: Administrator, _: NoParameters) -> Represented<WarehouseReports> {
    let items = REPORTS.iter().map(|report| WarehouseReportName { name: report.name, about: report.about() }).collect();
    Represented::new(WarehouseReports { items }, CacheRule::Private)
}
