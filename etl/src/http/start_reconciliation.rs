use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use problem::Problem;
use service_kit::http::NoParameters;
use service_kit::http::refusals::{Always, Ownership, SignIn};

use super::Nudges;
use super::administrator::Administrator;

/// Compare the warehouse with its sources
///
/// It begins at once, beside a run that is under way; asking twice before it begins starts one.
#[utoipa::path(
    post,
    path = "/api/v1/warehouse/reconciliations",
    tag = "warehouse",
    security(("member" = [])),
    responses(
        (status = 202, description = "It will begin; `Location` is where its outcome will be",
            headers(("Location" = String))),
        Always,
        SignIn,
        Ownership
    )
)]
pub(crate) async fn start_warehouse_reconciliation(
    State(nudges): State<Nudges>,
    _: Administrator,
    _: NoParameters,
) -> Result<(StatusCode, [(header::HeaderName, HeaderValue); 2]), Problem> {
    nudges.reconciliation.ask();
    let headers = [
        (header::LOCATION, HeaderValue::from_static("/api/v1/warehouse/runs")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((StatusCode::ACCEPTED, headers))
}
