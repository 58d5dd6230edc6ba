use axum::extract::State;
use inventory_api::{Category as Wire, ReplaceCategoryRequest};
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IfMatch, JsonBody, NoParameters, Written};

use super::representation::{stale, wire};
use super::slug::PathSlug;
use crate::app::{self, App};
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, Ownership, Precondition, SignIn};

/// Rename or move a category
#[utoipa::path(
    put,
    path = "/api/v1/categories/{slug}",
    tag = "categories",
    params(
        ("slug" = String, Path),
        ("If-Match" = String, Header, description = "The version it is for, in quotes")
    ),
    request_body = ReplaceCategoryRequest,
    security(("member" = [])),
    responses(
        (status = 200, description = "The category as it is now", body = Wire,
            headers(("ETag" = String), ("Cache-Group-Invalidation" = String))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Contradiction,
        Precondition,
        Body
    )
)]
pub(crate) async fn replace_category(
    State(app): State<App>,
    caller: Caller,
    PathSlug(slug): PathSlug,
    _: NoParameters,
    if_match: Result<IfMatch, Problem>,
    body: Result<JsonBody<ReplaceCategoryRequest>, Problem>,
) -> Result<Written, Problem> {
    let request = body.map(|body| body.value);
    let (category, all) = app::categories::replace(&app, &caller, &slug, if_match, request).await?;
    Ok(Written::changed(&wire(&category, &all)).version(category.version).invalidates(&stale()))
}
