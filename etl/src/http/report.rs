use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use problem::{Kind, Problem};
use serde::{Deserialize, Serialize};
use service_kit::http::refusals::{Always, Contradiction, Missing, Ownership, SignIn};
use service_kit::http::{CacheRule, QueryOf, Represented};
use utoipa::{IntoParams, ToSchema};

use super::administrator::Administrator;
use crate::{NamedReport, QueryResult, Warehouse};

/// How a report is written.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportForm {
    /// `json`, which is the default, or `csv`.
    format: Option<String>,
}

/// A report's answer, from the last batch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WarehouseReport {
    name: &'static str,
    /// What it says, in a sentence.
    about: &'static str,
    #[serde(flatten)]
    answer: QueryResult,
}

/// What a report says
#[utoipa::path(
    get,
    path = "/api/v1/warehouse/reports/{name}",
    tag = "warehouse",
    params(("name" = String, Path, description = "One of the names that the list of reports gives"), ReportForm),
    security(("member" = [])),
    responses(
        (status = 200, description = "The rows; times as RFC 3339 text, money in minor units",
            content((WarehouseReport = "application/json"), (String = "text/csv; charset=utf-8")),
            headers(("Lendery-Truncated" = bool, description = "`true` where a table of CSV ends before the report does"))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Contradiction
    )
)]
pub(crate) async fn get_warehouse_report(
    State(warehouse): State<Arc<Warehouse>>,
    _: Administrator,
    name: Result<Path<String>, PathRejection>,
    QueryOf(form): QueryOf<ReportForm>,
) -> Result<Response, Problem> {
    // What is no text is no name either.
    let report = name.ok().and_then(|Path(name)| NamedReport::named(&name)).ok_or_else(|| {
        Problem::because(Kind::NotFound, "There is no such report; /api/v1/warehouse/reports lists them.")
    })?;
    let csv = match form.format.as_deref() {
        None | Some("json") => false,
        Some("csv") => true,
        Some(_) => return Err(Problem::because(Kind::UnknownParameter, "`format` is `json` or `csv`.")),
    };
    let answer = warehouse.report(report).await?;
    if csv {
        return Ok(as_csv(report, &answer));
    }
    let shown = WarehouseReport { name: report.name, about: report.about(), answer };
    Ok(Represented::new(shown, CacheRule::Private).into_response())
}

fn as_csv(report: NamedReport, answer: &QueryResult) -> Response {
    let name = HeaderValue::try_from(format!("attachment; filename=\"{}.csv\"", report.name));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, name.unwrap_or(HeaderValue::from_static("attachment"))),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    // JSON says so itself.
    let cut = answer.truncated.then_some([("lendery-truncated", HeaderValue::from_static("true"))]);
    (headers, cut, answer.to_csv()).into_response()
}
