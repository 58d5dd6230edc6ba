use axum::extract::State;
use order_api::{Decision, DecisionRequest, Order as Wire};
use problem::{FieldErrors, Problem};
use service_kit::caller::ServiceCaller;
use service_kit::http::{JsonBody, NoParameters, Written};

use super::address::StepAddress;
use super::representation::changed;
use crate::app::App;
use crate::app::orders::decide_as_operator;
use service_kit::http::refusals::{Always, Body, Contradiction, Missing, SignIn};

/// Decide on a step that is stuck, for the operator
#[utoipa::path(
    post,
    path = "/internal/v1/orders/{id}/steps/{number}/decision",
    tag = "internal",
    params(("id" = uuid::Uuid, Path), ("number" = u32, Path)),
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
    _: NoParameters,
    body: JsonBody<DecisionRequest>,
) -> Result<Written, Problem> {
    let decision = decision(&body.value)?;
    Ok(changed(&decide_as_operator(&app, (address.order, address.step), decision).await?))
}

fn decision(request: &DecisionRequest) -> Result<Decision, Problem> {
    let mut errors = FieldErrors::default();
    let word = errors.required("/decision", request.decision.as_deref());
    let decision = word.and_then(|word| errors.parsed("/decision", "unknown_decision", word.parse()));
    errors.finish(decision)
}
