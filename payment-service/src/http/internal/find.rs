use axum::extract::State;
use payment_api::{OrderId, Payment as Wire};
use problem::Problem;
use service_kit::caller::ServiceCaller;
use service_kit::http::{CacheRule, NoParameters, Represented};

use super::key::PathKey;
use crate::app::{self, App};
use crate::http::representation::wire;
use service_kit::http::refusals::{Always, Missing, SignIn};

/// The payment that a step of an order asked for
///
/// What is `unknown` is asked of the provider first, so that asking again becomes definite.
#[utoipa::path(
    get,
    path = "/internal/v1/payments/{order_id}/{step}",
    tag = "internal",
    params(("order_id" = OrderId, Path), ("step" = String, Path)),
    security(("service" = [])),
    responses(
        (status = 200, description = "The payment", body = Wire, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        SignIn,
        Missing
    )
)]
pub(crate) async fn find_payment_by_key(
    State(app): State<App>,
    _: ServiceCaller,
    PathKey(key): PathKey,
    _: NoParameters,
) -> Result<Represented<Wire>, Problem> {
    // It may write what the provider says, which a hang-up must not cut short.
    let reading = tokio::spawn(async move { app::read::by_key(&app, &key).await });
    let payment = reading.await.map_err(|_| Problem::new(problem::Kind::Internal))??;
    Ok(Represented::new(wire(&payment), CacheRule::Private).version(payment.version))
}
