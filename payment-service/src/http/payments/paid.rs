use axum::extract::State;
use payment_api::Payment as Wire;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IdempotencyKey, NoFields, NoParameters, OptionalJsonBody, PathId, Written};
use vocabulary::Id;

use crate::app::{self, App};
use crate::domain::payment::Payment;
use crate::http::representation::wire;
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, Ownership, SignIn};

/// Say that it was paid at the desk
///
/// For administrators. The last part of the address is a verb; said again, it changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/payments/{id}/paid",
    tag = "payments",
    params(
        ("id" = Id<Wire>, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again")
    ),
    request_body = Option<NoFields>,
    security(("member" = [])),
    responses(
        (status = 200, description = "The payment", body = Wire, headers(("ETag" = String))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Contradiction,
        Body
    )
)]
pub(crate) async fn pay_at_the_desk(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<Wire>,
    key: IdempotencyKey,
    _: NoParameters,
    body: OptionalJsonBody<NoFields>,
) -> Result<Written, Problem> {
    let asked = [id.uuid().as_bytes(), &*body.bytes].concat();
    let keyed = key.of(caller.user_id.uuid(), "POST /payments/{id}/paid", &asked);
    let answer = |payment: &Payment| Written::changed(&wire(payment)).version(payment.version);
    Ok(app::desk::paid(&app, &caller, id, &keyed, answer).await?)
}
