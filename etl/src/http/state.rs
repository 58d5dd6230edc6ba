use std::sync::Arc;

use axum::extract::FromRef;
use service_kit::caller::Sessions;
use tokio::sync::Notify;

use crate::Warehouse;

/// What handlers and extractors take out of the router's state.
#[derive(Debug, Clone)]
pub(crate) struct AppState {
    pub(crate) warehouse: Arc<Warehouse>,
    pub(crate) nudges: Nudges,
    pub(crate) sessions: Sessions,
}

/// What the schedule can be asked for before it is due.
#[derive(Debug, Clone, Default)]
pub(crate) struct Nudges {
    pub(crate) run: Nudge,
    pub(crate) reconciliation: Nudge,
}

/// Asks for something now. However often that is asked before it begins, it happens once.
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

impl FromRef<AppState> for Nudges {
    fn from_ref(state: &AppState) -> Self {
        state.nudges.clone()
    }
}

impl FromRef<AppState> for Sessions {
    fn from_ref(state: &AppState) -> Self {
        state.sessions.clone()
    }
}
