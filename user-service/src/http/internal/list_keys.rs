use std::sync::Arc;

use axum::extract::State;
use problem::Problem;
use service_kit::caller::ServiceCaller;
use service_kit::http::{CacheRule, NoParameters, Represented};
use user_api::{SigningKeyInfo, SigningKeys};

use crate::app::App;
use crate::http::documented::{Always, TakesToken};

/// List the keys that sign access tokens or have done so
#[utoipa::path(
    get,
    path = "/internal/v1/keys",
    tag = "internal",
    security(("service" = [])),
    responses((status = OK, description = "The keys, newest first", body = SigningKeys), Always, TakesToken)
)]
pub(in crate::http) async fn list_keys(
    State(app): State<Arc<App>>,
    _: ServiceCaller,
    _: NoParameters,
) -> Result<Represented<SigningKeys>, Problem> {
    Ok(Represented::new(listed(&app).await?, CacheRule::Private))
}

/// What may be said of each key: nothing private.
pub(super) async fn listed(app: &App) -> Result<SigningKeys, Problem> {
    let keys = app.signing_keys().await?.into_iter().map(|(key, next_state_at)| SigningKeyInfo {
        kid: key.key.kid().to_owned(),
        state: key.state,
        created_at: key.created_at,
        state_since: key.state_since,
        next_state_at,
    });
    Ok(SigningKeys { keys: keys.collect() })
}
