use axum::extract::State;
use inventory_api::{ExtendRequest, Reservation as Wire};
use problem::{FieldErrors, Problem};
use service_kit::caller::ServiceCaller;
use service_kit::http::{JsonBody, NoParameters, PathId, Written};

use super::representation::changed;
use crate::app::{self, App};
use crate::domain::reservation::{Transition, lasts};
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, SignIn};

/// Let a hold last longer
///
/// It lasts for at least so long from now; one that lasts longer already stays as it is.
#[utoipa::path(
    post,
    path = "/internal/v1/reservations/{id}/extend",
    tag = "reservations",
    params(("id" = uuid::Uuid, Path)),
    request_body = ExtendRequest,
    security(("service" = [])),
    responses(
        (status = 200, description = "The hold as it is now", body = Wire,
            headers(("ETag" = String), ("Cache-Group-Invalidation" = String))),
        Always,
        SignIn,
        Missing,
        Contradiction,
        Body
    )
)]
pub(crate) async fn extend_hold(
    State(app): State<App>,
    _: ServiceCaller,
    PathId(id): PathId<Wire>,
    _: NoParameters,
    body: JsonBody<ExtendRequest>,
) -> Result<Written, Problem> {
    let mut errors = FieldErrors::default();
    let lasts = lasts(&mut errors, body.value.ttl_seconds);
    let transition = Transition::Extend { until: app.clock.now() + errors.finish(lasts)? };
    let reserved = app::reservations::transition(&app, id, &transition).await?;
    Ok(changed(&reserved, app.clock.now()))
}
