use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::app::renew::renew_due;
use crate::app::resolve::resolve_due;

/// How soon after it is due something is done.
const LOOK: Duration = Duration::from_millis(500);

/// Asks what became of operations without an answer, and replaces old holds, until `shutdown`.
pub(crate) async fn look_after(app: App, shutdown: CancellationToken) {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        // Only waiting is ever cancelled, or what waits for a server that is lost: a transaction is begun where nobody
        // drops it.
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = look.tick() => {}
        }
        if let Err(error) = app.db.while_it_lasts(resolve_due(&app)).await {
            tracing::warn!(error = %error, "payments without an answer wait");
        }
        if let Err(error) = app.db.while_it_lasts(renew_due(&app)).await {
            tracing::warn!(error = %error, "holds that grow old wait");
        }
    }
}
