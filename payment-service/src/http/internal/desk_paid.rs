use axum::extract::State;
use payment_api::Payment as Wire;
use problem::Problem;
use service_kit::caller::ServiceCaller;
use service_kit::http::{IdempotencyKey, NoFields, NoParameters, OptionalJsonBody, PathId, Written};
use uuid::Uuid;
use vocabulary::Id;

use crate::app::{self, App};
use crate::domain::payment::Payment;
use crate::http::representation::wire;
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, SignIn};

/// Say that it was paid at the desk, for the operator
///
/// Said again, it changes nothing.
#[utoipa::path(
    post,
    path = "/internal/v1/desk/payments/{id}/paid",
    tag = "internal",
    params(
        ("id" = Id<Wire>, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again")
    ),
    request_body = Option<NoFields>,
    security(("service" = [])),
    responses(
        (status = 200, description = "The payment", body = Wire, headers(("ETag" = String))),
        Always,
        SignIn,
        Missing,
        Contradiction,
        Body
    )
)]
pub(crate) async fn paid_at_the_desk(
    State(app): State<App>,
    _: ServiceCaller,
    PathId(id): PathId<Wire>,
    key: IdempotencyKey,
    _: NoParameters,
    body: OptionalJsonBody<NoFields>,
) -> Result<Written, Problem> {
    let asked = [id.uuid().as_bytes(), &*body.bytes].concat();
    let keyed = key.of(Uuid::nil(), "POST /desk/payments/{id}/paid", &asked);
    let answer = |payment: &Payment| Written::changed(&wire(payment)).version(payment.version);
    Ok(app::desk::paid_says_operator(&app, id, &keyed, answer).await?)
}
