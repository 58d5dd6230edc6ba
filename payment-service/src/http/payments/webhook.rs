use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use problem::{Kind, Problem};
use service_kit::http::{NoParameters, Written};

use crate::app::{self, App};
use service_kit::http::refusals::{Always, Missing};

/// What a provider tells of its own accord
///
/// For providers that sign what they say; `stripe` does. What is told twice is taken in once.
#[utoipa::path(
    post,
    path = "/api/v1/payments/webhooks/{provider}",
    tag = "payments",
    params(("provider" = String, Path, description = "`stripe`")),
    request_body(content = String, content_type = "application/json"),
    security(()),
    responses((status = 204, description = "Taken in, now or before"), Always, Missing)
)]
pub(crate) async fn receive_webhook(
    State(app): State<App>,
    Path(provider): Path<String>,
    _: NoParameters,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Written, Problem> {
    let stripe = app.providers.stripe.as_ref().filter(|_| provider == "stripe");
    let stripe =
        stripe.ok_or_else(|| Problem::because(Kind::NotFound, "No provider here tells things at this address."))?;
    let notice = stripe.notice(&headers, &body).map_err(|error| {
        tracing::warn!(provider, error = %error, "a webhook was refused");
        Problem::because(Kind::MalformedRequest, error.to_string())
    })?;
    if let Some(notice) = notice {
        app::notify::notify(&app, notice).await?;
    }
    Ok(Written::done())
}
