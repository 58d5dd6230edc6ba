use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use service_kit::caller::Sessions;
use service_kit::clock::Clock;
use service_kit::credential::ServiceCredentials;
use service_kit::http::{RouterSettings, finish};
use service_kit::proxies::TrustedProxies;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{auth, documented, internal, jwks, setup, users};
use crate::app::{App, LocalUsers};

/// The document of every route, as `api/openapi.json` holds it.
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}

/// What handlers and extractors find in the router.
#[derive(Debug, Clone)]
pub(super) struct ApiState {
    app: Arc<App>,
    sessions: Sessions,
    credentials: ServiceCredentials,
    proxies: Arc<TrustedProxies>,
}

/// Whom the routes believe.
#[derive(Debug)]
pub(crate) struct Trust {
    /// What other services have to present.
    pub(crate) credentials: ServiceCredentials,
    /// Who may say where a request came from.
    pub(crate) proxies: TrustedProxies,
}

pub(crate) fn router(app: &Arc<App>, trust: Trust, clock: Clock, deadline: Duration) -> Router {
    let sessions = Sessions::new(Arc::new(LocalUsers(Arc::clone(app))));
    let Trust { credentials, proxies } = trust;
    let state = ApiState { app: Arc::clone(app), sessions, credentials, proxies: Arc::new(proxies) };
    finish(routes(), state, RouterSettings { service: "user-service", deadline, clock }).0
}

fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(documented::document())
        .routes(routes!(auth::register::register))
        .routes(routes!(auth::login::login))
        .routes(routes!(auth::refresh::refresh))
        .routes(routes!(auth::logout::logout))
        .routes(routes!(auth::list_sessions::list_sessions))
        .routes(routes!(auth::revoke_session::revoke_session))
        .routes(routes!(auth::reset_password::reset_password))
        .routes(routes!(auth::list_events::list_events))
        .routes(routes!(users::get_me::get_me, users::update_me::update_me, users::erase_me::erase_me))
        .routes(routes!(users::change_password::change_password))
        .routes(routes!(users::export_me::export_me))
        .routes(routes!(users::get_profile::get_profile))
        .routes(routes!(users::list_users::list_users))
        .routes(routes!(users::get_user::get_user, users::update_user::update_user, users::erase_user::erase_user))
        .routes(routes!(users::offer_reset::offer_reset))
        .routes(routes!(jwks::jwks))
        .routes(routes!(setup::show::show_setup, setup::submit::submit_setup))
        .routes(routes!(setup::show_reset::show_reset, setup::submit_reset::submit_reset))
        .routes(routes!(internal::validate_token::validate_token))
        .routes(routes!(internal::find_user::find_user))
        .routes(routes!(internal::create_admin::create_admin))
        .routes(routes!(internal::create_setup_token::create_setup_token))
        .routes(routes!(internal::list_keys::list_keys))
        .routes(routes!(internal::rotate_keys::rotate_keys))
}

impl FromRef<ApiState> for Arc<App> {
    fn from_ref(state: &ApiState) -> Self {
        Self::clone(&state.app)
    }
}

impl FromRef<ApiState> for Sessions {
    fn from_ref(state: &ApiState) -> Self {
        state.sessions.clone()
    }
}

impl FromRef<ApiState> for ServiceCredentials {
    fn from_ref(state: &ApiState) -> Self {
        state.credentials.clone()
    }
}

impl FromRef<ApiState> for Arc<TrustedProxies> {
    fn from_ref(state: &ApiState) -> Self {
        Self::clone(&state.proxies)
    }
}
