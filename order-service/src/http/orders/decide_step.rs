use axum::extract::State;
use order_api::{Decision, DecisionRequest, Order as Wire};
use problem::{FieldErrors, Problem};
use service_kit::caller::ServiceCaller;
use service_kit::http::{IdempotencyKey, JsonBody, NoParameters, Written};
use uuid::Uuid;

use super::address::StepAddress;
use super::representation::repeatable;
use crate::app::App;
use crate::app::orders::decide_as_operator;
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, SignIn};

/// Decide on a step that is stuck, for the operator
#[utoipa::path(
    post,
    path = "/internal/v1/orders/{id}/steps/{number}/decision",
    tag = "internal",
    params(
        ("id" = uuid::Uuid, Path),
        ("number" = u32, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again")
    ),
    request_body = DecisionRequest,
    security(("service" = [])),
    responses(
        (status = 200, description = "It is decided", body = Wire, headers(("ETag" = String))),
        Always,
        SignIn,
        Missing,
        Contradiction,
        Body
    )
)]
pub(crate) async fn decide_step(
    State(app): State<App>,
    _: ServiceCaller,
    address: StepAddress,
    key: IdempotencyKey,
    _: NoParameters,
    body: JsonBody<DecisionRequest>,
) -> Result<Written, Problem> {
    let decision = decision(&body.value)?;
    let keyed = key.of(Uuid::nil(), "POST /orders/{id}/steps/{number}/decision", &address.asked(&body.bytes));
    Ok(decide_as_operator(&app, address.step(), decision, repeatable(&keyed)).await?)
}

fn decision(request: &DecisionRequest) -> Result<Decision, Problem> {
    let mut errors = FieldErrors::default();
    let word = errors.required("/decision", request.decision.as_deref());
    let decision = word.and_then(|word| errors.parsed("/decision", "unknown_decision", word.parse()));
    errors.finish(decision)
}
