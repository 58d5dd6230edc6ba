use axum::extract::State;
use inventory_api::{HoldRequest, Reservation as Wire};
use problem::Problem;
use service_kit::caller::ServiceCaller;
use service_kit::http::{JsonBody, NoParameters, Written};

use super::key::ReservationKey;
use super::representation::{groups, wire};
use crate::app::{self, App};
use crate::http::refusals::Retired;
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, SignIn};

/// Set units or pieces aside
///
/// The key is the id of the reservation. Sent again, it is answered with the reservation as it is by then; after a release
/// it is refused, also when the release came first.
#[utoipa::path(
    post,
    path = "/internal/v1/reservations",
    tag = "reservations",
    params(("Idempotency-Key" = uuid::Uuid, Header, description = "The id of the reservation, a new UUID")),
    request_body = HoldRequest,
    security(("service" = [])),
    responses(
        (status = 201, description = "They are held", body = Wire,
            headers(("Location" = String), ("ETag" = String), ("Cache-Group-Invalidation" = String))),
        Always,
        SignIn,
        Missing,
        Retired,
        Contradiction,
        Body
    )
)]
pub(crate) async fn hold_units(
    State(app): State<App>,
    _: ServiceCaller,
    ReservationKey(id): ReservationKey,
    _: NoParameters,
    body: JsonBody<HoldRequest>,
) -> Result<Written, Problem> {
    let held = app::reservations::hold(&app, id, &body.value).await?;
    let location = format!("/internal/v1/reservations/{id}");
    let written = Written::created(&location, &wire(&held.reserved, app.clock.now()))
        .version(held.reserved.reservation.version)
        .invalidates(&groups(&held.reserved));
    Ok(if held.replayed { Written::replayed(written.answer().clone()) } else { written })
}
