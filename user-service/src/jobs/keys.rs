use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::app::App;

/// Moves signing keys on when their time has come, and notices what other instances have done, until `shutdown`.
pub(crate) async fn run(app: &App, every: Duration, shutdown: CancellationToken) {
    let mut turns = tokio::time::interval(every);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = turns.tick() => {}
        }
        if let Err(error) = app.tend_keys().await {
            tracing::warn!(error = %error, "signing keys not looked after, going on with those there are");
        }
    }
}
