use axum::extract::State;
use payment_api::Payment as Wire;
use problem::Problem;
use service_kit::caller::ServiceCaller;
use service_kit::http::{CacheRule, NoParameters, PathId, Represented};
use vocabulary::Id;

use crate::app::{self, App};
use crate::http::representation::wire;
use service_kit::http::refusals::{Always, Missing, SignIn};

/// A payment, for services
#[utoipa::path(
    get,
    path = "/internal/v1/payments/{id}",
    tag = "internal",
    params(("id" = Id<Wire>, Path)),
    security(("service" = [])),
    responses(
        (status = 200, description = "The payment", body = Wire, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        SignIn,
        Missing
    )
)]
pub(crate) async fn find_payment(
    State(app): State<App>,
    _: ServiceCaller,
    PathId(id): PathId<Wire>,
    _: NoParameters,
) -> Result<Represented<Wire>, Problem> {
    let payment = app::read::by_id(&app, id).await?;
    Ok(Represented::new(wire(&payment), CacheRule::Private).version(payment.version))
}
