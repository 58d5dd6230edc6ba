use axum::extract::State;
use order_api::{DeclineRequest, Order as Wire};
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{JsonBody, NoParameters, PathId, Written};

use super::representation::changed;
use crate::app::App;
use crate::app::orders::{Act, act};
use crate::domain::request::words;
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, Ownership, SignIn};

/// Not agree to an order
///
/// For the owners of its things; one of them is enough.
#[utoipa::path(
    post,
    path = "/api/v1/orders/{id}/decline",
    tag = "orders",
    params(("id" = uuid::Uuid, Path)),
    request_body = DeclineRequest,
    security(("member" = [])),
    responses(
        (status = 200, description = "It is declined; what was done for it is being undone", body = Wire, headers(("ETag" = String))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Contradiction,
        Body
    )
)]
pub(crate) async fn decline_order(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<payment_api::Order>,
    _: NoParameters,
    body: JsonBody<DeclineRequest>,
) -> Result<Written, Problem> {
    let reason = words("/reason", body.value.reason.as_deref(), 500)?;
    Ok(changed(&act(&app, &caller, id, Act::Decline { reason }).await?))
}
