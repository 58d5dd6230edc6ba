use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::app::{self, App};

/// Between two sweeps. What is left behind costs room on a disk and nothing else.
const PAUSE: Duration = Duration::from_secs(6 * 60 * 60);

/// Removes the files of photos that no item has, until `shutdown`.
pub(crate) async fn run(app: App, shutdown: CancellationToken) {
    let mut due = interval(PAUSE);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = due.tick() => {}
        }
        match app::photos::sweep(&app).await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "files of photos that no item has were removed"),
            Err(error) => tracing::warn!(error = %error, "the files of photos were not swept"),
        }
    }
}
