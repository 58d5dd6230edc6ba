use axum::extract::State;
use payment_api::Payment as Wire;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{NoParameters, PathId, Written};
use vocabulary::Id;

use crate::app::{self, App};
use crate::http::representation::wire;
use service_kit::http::refusals::{Always, Contradiction, Missing, Ownership, SignIn};

/// Say that it was paid at the desk
///
/// For administrators. The last part of the address is a verb; said again, it changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/payments/{id}/paid",
    tag = "payments",
    params(("id" = Id<Wire>, Path)),
    security(("member" = [])),
    responses(
        (status = 200, description = "The payment", body = Wire, headers(("ETag" = String))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Contradiction
    )
)]
pub(crate) async fn pay_at_the_desk(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<Wire>,
    _: NoParameters,
) -> Result<Written, Problem> {
    let payment = app::desk::paid(&app, &caller, id).await?;
    Ok(Written::changed(&wire(&payment)).version(payment.version))
}
