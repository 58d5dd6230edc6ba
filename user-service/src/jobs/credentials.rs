use std::path::PathBuf;
use std::time::Duration;

use service_kit::credential::ServiceCredentials;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::credentials;

const EVERY: Duration = Duration::from_secs(1);

/// Reads the file of service credentials again every second until `shutdown`. A file that cannot be used changes nothing.
pub(crate) async fn run(path: PathBuf, accepted: watch::Sender<ServiceCredentials>, shutdown: CancellationToken) {
    let mut turns = tokio::time::interval(EVERY);
    let mut is_usable = true;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = turns.tick() => {}
        }
        let path = path.clone();
        let Ok(read) = tokio::task::spawn_blocking(move || credentials::read(&path)).await else { continue };
        match read {
            Ok(credentials) => {
                is_usable = true;
                accepted.send_replace(credentials);
            }
            // Said once, not every second.
            Err(error) if is_usable => {
                is_usable = false;
                tracing::warn!(error = %error, "service credentials stay as they were");
            }
            Err(_) => {}
        }
    }
}
