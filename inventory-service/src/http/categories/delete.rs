use axum::extract::State;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IfMatch, NoParameters, Written};

use super::representation::stale;
use super::slug::PathSlug;
use crate::app::{self, App};
use service_kit::http::refusals::{Always, Contradiction, Missing, Ownership, Precondition, SignIn};

/// Remove a category that nothing belongs to
#[utoipa::path(
    delete,
    path = "/api/v1/categories/{slug}",
    tag = "categories",
    params(
        ("slug" = String, Path),
        ("If-Match" = String, Header, description = "The version it is for, in quotes")
    ),
    security(("member" = [])),
    responses(
        (status = 204, description = "It is gone", headers(("Cache-Group-Invalidation" = String))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Contradiction,
        Precondition
    )
)]
pub(crate) async fn delete_category(
    State(app): State<App>,
    caller: Caller,
    PathSlug(slug): PathSlug,
    _: NoParameters,
    if_match: Result<IfMatch, Problem>,
) -> Result<Written, Problem> {
    app::categories::delete(&app, &caller, &slug, if_match).await?;
    Ok(Written::done().invalidates(&stale()))
}
