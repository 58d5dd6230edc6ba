use std::sync::Arc;

use ::http::{HeaderValue, header};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use service_kit::http::NoParameters;
use user_api::JwkSet;

use super::documented::Always;
use crate::app::App;

/// Whoever verifies tokens may keep the set for five minutes.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The keys that verify access tokens
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "tokens",
    responses((status = OK, description = "The keys", body = JwkSet, content_type = "application/jwk-set+json"), Always)
)]
pub(super) async fn jwks(State(app): State<Arc<App>>, _: NoParameters) -> impl IntoResponse {
    let content_type = HeaderValue::from_static("application/jwk-set+json");
    ([(header::CACHE_CONTROL, KEPT), (header::CONTENT_TYPE, content_type)], Json(app.published_keys()))
}
