use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::app::App;

const EVERY: Duration = Duration::from_secs(1);

/// Writes the refusals of addresses into the audit trail once their minute is over, and the last ones at `shutdown`.
pub(crate) async fn run(app: &App, shutdown: CancellationToken) {
    let mut turns = tokio::time::interval(EVERY);
    loop {
        let is_last = tokio::select! {
            () = shutdown.cancelled() => true,
            _ = turns.tick() => false,
        };
        if let Err(error) = app.record_refusals(is_last).await {
            tracing::warn!(error = %error, "refused attempts are not in the audit trail yet");
        }
        if is_last {
            return;
        }
    }
}
