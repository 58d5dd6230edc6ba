use axum::extract::State;
use order_api::Step;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{CacheRule, NoParameters, PathId, Represented};
use vocabulary::Page;

use super::representation::steps;
use crate::app::{self, App};
use service_kit::http::refusals::{Always, Missing, SignIn};

/// What was done for an order
///
/// Each step with what came of it, in plain words; all of them on one page.
#[utoipa::path(
    get,
    path = "/api/v1/orders/{id}/steps",
    tag = "orders",
    params(("id" = uuid::Uuid, Path)),
    security(("member" = [])),
    responses(
        (status = 200, description = "In their order", body = Page<Step>, headers(("ETag" = String))),
        (status = 304, description = "The reader has them already"),
        Always,
        SignIn,
        Missing
    )
)]
pub(crate) async fn list_steps(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<payment_api::Order>,
    _: NoParameters,
) -> Result<Represented<Page<Step>>, Problem> {
    let order = app::orders::get(&app, &caller, id).await?;
    Ok(Represented::new(Page { items: steps(&order), next: None }, CacheRule::Private))
}
