use axum::extract::State;
use inventory_api::Reservation as Wire;
use problem::Problem;
use service_kit::caller::ServiceCaller;
use service_kit::http::{NoParameters, PathId, Written};

use super::representation::changed;
use crate::app::{self, App};
use crate::domain::reservation::Transition;
use service_kit::http::refusals::{Always, Contradiction, Missing, SignIn};

/// Promise what was held
///
/// Sent again, it is answered as done.
#[utoipa::path(
    post,
    path = "/internal/v1/reservations/{id}/confirm",
    tag = "reservations",
    params(("id" = uuid::Uuid, Path)),
    security(("service" = [])),
    responses(
        (status = 200, description = "It is promised", body = Wire,
            headers(("ETag" = String), ("Cache-Group-Invalidation" = String))),
        Always,
        SignIn,
        Missing,
        Contradiction
    )
)]
pub(crate) async fn confirm_reservation(
    State(app): State<App>,
    _: ServiceCaller,
    PathId(id): PathId<Wire>,
    _: NoParameters,
) -> Result<Written, Problem> {
    let transition = Transition::Confirm;
    let reserved = app::reservations::transition(&app, id, &transition).await?;
    Ok(changed(&reserved, app.clock.now()))
}
