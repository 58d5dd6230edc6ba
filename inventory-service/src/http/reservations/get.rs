use axum::extract::State;
use inventory_api::Reservation as Wire;
use problem::Problem;
use service_kit::caller::ServiceCaller;
use service_kit::http::{CacheRule, NoParameters, PathId, Represented};

use super::representation::wire;
use crate::app::{self, App};
use service_kit::http::refusals::{Always, Missing, SignIn};

/// One reservation
///
/// A hold whose time is over is shown as expired from that moment on.
#[utoipa::path(
    get,
    path = "/internal/v1/reservations/{id}",
    tag = "reservations",
    params(("id" = uuid::Uuid, Path)),
    security(("service" = [])),
    responses(
        (status = 200, description = "The reservation", body = Wire, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        SignIn,
        Missing
    )
)]
pub(crate) async fn get_reservation(
    State(app): State<App>,
    _: ServiceCaller,
    PathId(id): PathId<Wire>,
    _: NoParameters,
) -> Result<Represented<Wire>, Problem> {
    let reserved = app::reservations::get(&app, id).await?;
    // The version stays when a hold runs out, so it is no validator.
    Ok(Represented::new(wire(&reserved, app.clock.now()), CacheRule::Private))
}
