use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::app::{self, App};

/// Between two times. Until then each change of a count is a row more to be read with the categories: at 500 a second as
/// many as are read in a few milliseconds.
const PAUSE: Duration = Duration::from_secs(30);

/// Adds up the counts of listed items, until `shutdown`.
pub(crate) async fn run(app: App, shutdown: CancellationToken) {
    let mut due = interval(PAUSE);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = due.tick() => {}
        }
        if let Err(error) = app.db.while_it_lasts(app::categories::gather_counts(&app)).await {
            tracing::warn!(error = %error, "the counts of categories were not added up");
        }
    }
}
