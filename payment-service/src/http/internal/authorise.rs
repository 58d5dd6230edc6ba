use axum::extract::State;
use payment_api::{AuthoriseRequest, Payment as Wire};
use problem::Problem;
use service_kit::caller::ServiceCaller;
use service_kit::http::{JsonBody, NoParameters, Written};

use crate::app::{self, App};
use crate::domain::request::NewPayment;
use crate::http::representation::wire;
use service_kit::http::refusals::{Always, Body, Contradiction, SignIn};

/// Hold money for an order
///
/// The order and the step are the key: asked again, it is the same payment as it is then. What the provider refuses is a
/// payment that is `failed`; without an answer it is `unknown` until the provider was asked again.
#[utoipa::path(
    post,
    path = "/internal/v1/payments",
    tag = "internal",
    request_body = AuthoriseRequest,
    security(("service" = [])),
    responses(
        (status = 200, description = "The payment", body = Wire, headers(("ETag" = String))),
        Always,
        SignIn,
        Contradiction,
        Body
    )
)]
pub(crate) async fn authorise_payment(
    State(app): State<App>,
    _: ServiceCaller,
    _: NoParameters,
    body: JsonBody<AuthoriseRequest>,
) -> Result<Written, Problem> {
    let payment = app::authorise::authorise(&app, NewPayment::parse(body.value)?).await?;
    Ok(Written::changed(&wire(&payment)).version(payment.version))
}
