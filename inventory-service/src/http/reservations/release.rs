use axum::extract::State;
use inventory_api::Reservation as Wire;
use problem::Problem;
use service_kit::caller::ServiceCaller;
use service_kit::http::{NoParameters, PathId, Written};

use super::representation::groups;
use crate::app::{self, App};
use service_kit::http::refusals::{Always, Contradiction, SignIn};

/// Give up what was held or promised
///
/// Where nothing was held, nothing ever will be: a hold with this id that comes later is refused.
#[utoipa::path(
    post,
    path = "/internal/v1/reservations/{id}/release",
    tag = "reservations",
    params(("id" = uuid::Uuid, Path)),
    security(("service" = [])),
    responses(
        (status = 204, description = "Nothing is reserved under this id"),
        (status = 404, description = "The id is none", body = problem::ProblemBody,
            content_type = "application/problem+json"),
        Always,
        SignIn,
        Contradiction
    )
)]
pub(crate) async fn release_reservation(
    State(app): State<App>,
    _: ServiceCaller,
    PathId(id): PathId<Wire>,
    _: NoParameters,
) -> Result<Written, Problem> {
    let released = app::reservations::release(&app, id).await?;
    Ok(match released {
        Some(reserved) => Written::done().invalidates(&groups(&reserved)),
        None => Written::done(),
    })
}
