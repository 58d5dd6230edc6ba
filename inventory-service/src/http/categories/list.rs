use axum::extract::State;
use inventory_api::Category as Wire;
use problem::Problem;
use service_kit::http::{CacheRule, NoParameters, Represented};
use vocabulary::Page;

use super::representation::{GROUP, wire};
use crate::app::{self, App};
use service_kit::http::refusals::Always;

/// How long the gateway calls the list fresh, should the message of a write be lost.
const FRESH_SECONDS: u32 = 60;

/// All categories
///
/// One page with the whole tree, each category with the slug of its parent, in the order of slugs.
#[utoipa::path(
    get,
    path = "/api/v1/categories",
    tag = "categories",
    security(()),
    responses(
        (status = 200, description = "All of them", body = Page<Wire>, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always
    )
)]
pub(crate) async fn list_categories(
    State(app): State<App>,
    _: NoParameters,
) -> Result<Represented<Page<Wire>>, Problem> {
    let tree = app::categories::all(&app).await?;
    let page = Page { items: tree.categories.iter().map(|category| wire(category, &tree)).collect(), next: None };
    let cache = CacheRule::Public { groups: vec![GROUP.to_owned()], fresh_seconds: FRESH_SECONDS };
    // They count items, which come and go without them; what is told is of this moment.
    Ok(Represented::new(page, cache).modified(app.clock.now()))
}
