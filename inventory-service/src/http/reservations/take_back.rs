use axum::extract::State;
use inventory_api::{HandOverRequest, Reservation as Wire};
use problem::Problem;
use service_kit::caller::ServiceCaller;
use service_kit::http::{JsonBody, NoParameters, PathId, Written};

use super::representation::changed;
use crate::app::{self, App};
use crate::domain::reservation::{Transition, note};
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, SignIn};

/// Take back what was lent
///
/// The units are free again at once; what was sold goes back to the stock. Sent again, it is answered as done.
#[utoipa::path(
    post,
    path = "/internal/v1/reservations/{id}/return",
    tag = "reservations",
    params(("id" = uuid::Uuid, Path)),
    request_body = HandOverRequest,
    security(("service" = [])),
    responses(
        (status = 200, description = "It is back", body = Wire,
            headers(("ETag" = String), ("Cache-Group-Invalidation" = String))),
        Always,
        SignIn,
        Missing,
        Contradiction,
        Body
    )
)]
pub(crate) async fn return_units(
    State(app): State<App>,
    _: ServiceCaller,
    PathId(id): PathId<Wire>,
    _: NoParameters,
    body: JsonBody<HandOverRequest>,
) -> Result<Written, Problem> {
    let transition = Transition::Return { note: note(body.value.note.as_deref())? };
    let reserved = app::reservations::transition(&app, id, &transition).await?;
    Ok(changed(&reserved, app.clock.now()))
}
