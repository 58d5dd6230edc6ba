//! Stopping when the operator asks for it.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that is cancelled at the first SIGINT (Ctrl-C) or SIGTERM, so that services drain.
///
/// # Errors
/// When the process cannot listen for signals.
pub fn on_signal() -> std::io::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("asked to stop, draining");
        cancelled.cancel();
    });
    Ok(token)
}

/// A token that is cancelled `linger` after `draining` is.
pub fn after(draining: CancellationToken, linger: Duration) -> CancellationToken {
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        draining.cancelled().await;
        tokio::time::sleep(linger).await;
        cancelled.cancel();
    });
    token
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn a_process_lingers_before_it_shuts_down() {
        let draining = CancellationToken::new();
        let shutdown = after(draining.clone(), Duration::from_secs(3));
        let asked = Instant::now();
        draining.cancel();
        shutdown.cancelled().await;
        assert_eq!(asked.elapsed(), Duration::from_secs(3));
    }
}
