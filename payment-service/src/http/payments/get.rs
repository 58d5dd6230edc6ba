use axum::extract::State;
use payment_api::Payment as Wire;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{CacheRule, NoParameters, PathId, Represented};
use vocabulary::Id;

use crate::app::{self, App};
use crate::http::representation::wire;
use service_kit::http::refusals::{Always, Missing, SignIn};

/// A payment, for its payer
#[utoipa::path(
    get,
    path = "/api/v1/payments/{id}",
    tag = "payments",
    params(("id" = Id<Wire>, Path)),
    security(("member" = [])),
    responses(
        (status = 200, description = "The payment", body = Wire, headers(("ETag" = String))),
        (status = 304, description = "The reader has it already"),
        Always,
        SignIn,
        Missing
    )
)]
pub(crate) async fn get_payment(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<Wire>,
    _: NoParameters,
) -> Result<Represented<Wire>, Problem> {
    let payment = app::read::by_caller(&app, &caller, id).await?;
    let shown = Represented::new(wire(&payment), CacheRule::Private);
    Ok(shown.version(payment.version).modified(payment.updated_at))
}
