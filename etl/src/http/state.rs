use std::sync::Arc;

use axum::extract::FromRef;
use service_kit::caller::Sessions;
use tokio::sync::Notify;

use crate::Warehouse;

/// What handlers and extractors take out of the router's state.
#[derive(Debug, Clone)]
pub(crate) struct AppState {
    pub(crate) warehouse: Arc<Warehouse>,
    pub(crate) nudge: Nudge,
    pub(crate) sessions: Sessions,
}

/// Asks the schedule for a run now. However often it is asked before one begins, it begins one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Nudge(Arc<Notify>);

impl Nudge {
    pub(crate) fn ask(&self) {
        self.0.notify_one();
    }

    pub(crate) async fn asked(&self) {
        self.0.notified().await;
    }
}

impl FromRef<AppState> for Arc<Warehouse> {
    fn from_ref(state: &AppState) -> Self {
        Self::clone(&state.warehouse)
    }
}

impl FromRef<AppState> for Nudge {
    fn from_ref(state: &AppState) -> Self {
        state.nudge.clone()
    }
}

impl FromRef<AppState> for Sessions {
    fn from_ref(state: &AppState) -> Self {
        state.sessions.clone()
    }
}
