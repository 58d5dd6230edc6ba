use axum::extract::FromRef;
use events::Outbox;
use service_kit::caller::Sessions;
use service_kit::credential::ServiceCredentials;
use tokio_util::sync::CancellationToken;

use crate::app::App;

/// What handlers and extractors take out of the router's state.
#[derive(Debug, Clone)]
pub(crate) struct AppState {
    pub(crate) app: App,
    pub(crate) sessions: Sessions,
    pub(crate) credentials: ServiceCredentials,
    /// Ends answers that would go on for ever.
    pub(crate) shutdown: CancellationToken,
}

impl FromRef<AppState> for App {
    fn from_ref(state: &AppState) -> Self {
        state.app.clone()
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

impl FromRef<AppState> for Outbox {
    fn from_ref(state: &AppState) -> Self {
        state.app.outbox.clone()
    }
}
