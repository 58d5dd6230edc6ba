use ::photos::Processor;
use axum::extract::FromRef;
use events::Outbox;
use service_kit::caller::Sessions;
use service_kit::credential::ServiceCredentials;

use crate::app::App;

/// What handlers and extractors take out of the router's state.
#[derive(Debug, Clone)]
pub(crate) struct AppState {
    pub(crate) app: App,
    pub(crate) sessions: Sessions,
    pub(crate) credentials: ServiceCredentials,
    /// Makes photos of uploads.
    pub(crate) processor: Processor,
}

impl FromRef<AppState> for App {
    fn from_ref(state: &AppState) -> Self {
        state.app.clone()
    }
}

impl FromRef<AppState> for Outbox {
    fn from_ref(state: &AppState) -> Self {
        state.app.outbox.clone()
    }
}

impl FromRef<AppState> for Sessions {
    fn from_ref(state: &AppState) -> Self {
        state.sessions.clone()
    }
}

impl FromRef<AppState> for ServiceCredentials {
    fn from_ref(state: &AppState) -> Self {
        state.credentials.clone()
    }
}
