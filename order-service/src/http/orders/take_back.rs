use axum::extract::State;
use order_api::{Order as Wire, ReturnRequest};
use problem::{FieldErrors, Problem};
use service_kit::caller::Caller;
use service_kit::http::{IdempotencyKey, NoParameters, OptionalJsonBody, PathId, Written};
use vocabulary::Currency;

use super::representation::repeatable;
use crate::app::App;
use crate::app::orders::{Act, act};
use crate::domain::request::words;
use crate::domain::saga::Keep;
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, Ownership, SignIn};

/// Take things back
///
/// For the owners of its things, each for their own. The deposit is released once everything is back, less what is kept.
#[utoipa::path(
    post,
    path = "/api/v1/orders/{id}/return",
    tag = "orders",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again")),
    request_body = Option<ReturnRequest>,
    security(("member" = [])),
    responses(
        (status = 200, description = "They are back", body = Wire, headers(("ETag" = String))),
        Always,
        SignIn,
        Ownership,
        Missing,
        Contradiction,
        Body
    )
)]
pub(crate) async fn return_order(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<payment_api::Order>,
    key: IdempotencyKey,
    _: NoParameters,
    body: OptionalJsonBody<ReturnRequest>,
) -> Result<Written, Problem> {
    let note = words("/note", body.value.note.as_deref(), 2_000)?;
    let keep = keep(&body.value)?;
    let asked = [id.uuid().as_bytes(), &*body.bytes].concat();
    let keyed = key.of(caller.user_id.uuid(), "POST /orders/{id}/return", &asked);
    Ok(act(&app, &caller, id, Act::TakeBack { note, keep }, repeatable(&keyed)).await?)
}

/// What is kept of the deposit, with its reason.
fn keep(request: &ReturnRequest) -> Result<Option<(Keep, Currency)>, Problem> {
    let reason = words("/reason", request.reason.as_deref(), 500)?;
    let mut errors = FieldErrors::default();
    let Some(money) = request.keep else {
        if reason.is_some() {
            errors.refuse("/reason", "not_needed", "Nothing is kept; leave it out, or say how much in keep.");
        }
        return errors.finish(Some(None));
    };
    let reason = errors.required("/reason", reason);
    if money.amount_minor < 1 {
        errors.refuse("/keep/amount_minor", "out_of_range", "It has to be 1 or more minor units.");
    }
    let keep = reason.map(|reason| Some((Keep { amount: money.amount_minor, reason }, money.currency)));
    errors.finish(keep)
}
