use axum::extract::State;
use inventory_api::Category as Wire;
use problem::Problem;
use service_kit::http::{CacheRule, NoParameters, Represented};

use super::representation::{FRESH_SECONDS, GROUP, wire};
use super::slug::PathSlug;
use crate::app::{self, App, AppError};
use service_kit::http::refusals::{Always, Missing};

/// One category
///
/// Its version is that of its name and its place in the tree. The items that it counts come and go without a new one, but not
/// without another `ETag`; `If-Match` takes either.
#[utoipa::path(
    get,
    path = "/api/v1/categories/{slug}",
    tag = "categories",
    params(("slug" = String, Path)),
    security(()),
    responses(
        (status = 200, description = "The category", body = Wire, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        Missing
    )
)]
pub(crate) async fn get_category(
    State(app): State<App>,
    PathSlug(slug): PathSlug,
    _: NoParameters,
) -> Result<Represented<Wire>, Problem> {
    let tree = app::categories::all(&app).await?;
    let category = tree.categories.get(&slug).ok_or(AppError::NoSuchCategory)?;
    let cache = CacheRule::Public { groups: vec![GROUP.to_owned()], fresh_seconds: FRESH_SECONDS };
    let category = wire(category, &tree);
    let (version, count) = (category.version, category.items);
    Ok(Represented::new(category, cache).version(version).counting(count).modified(app.clock.now()))
}
