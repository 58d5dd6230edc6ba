use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use crate::app::App;

const EVERY: Duration = Duration::from_hours(1);

/// How long sessions that are over stay, for whoever looks into what happened.
const KEPT: TimeDelta = TimeDelta::days(7);

/// How long the audit trail goes back.
const EVENTS_KEPT: TimeDelta = TimeDelta::days(180);

/// Deletes sessions that have been over for a week, and security events after 180 days, every hour until `shutdown`.
pub(crate) async fn run(app: &App, shutdown: CancellationToken) {
    let mut turns = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = turns.tick() => {}
        }
        match app.purge_sessions(KEPT).await {
            Ok(sessions) => tracing::debug!(sessions, "purged sessions that are over"),
            Err(error) => tracing::warn!(error = %error, "sessions not purged, trying again in an hour"),
        }
        match app.purge_events(EVENTS_KEPT).await {
            Ok(events) => tracing::debug!(events, "purged old security events"),
            Err(error) => tracing::warn!(error = %error, "security events not purged, trying again in an hour"),
        }
    }
}
