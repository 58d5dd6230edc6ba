use std::path::PathBuf;
use std::time::Duration;

use service_kit::credential::ServiceCredentials;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::credentials::{self, CredentialsError};

const EVERY: Duration = Duration::from_secs(1);

/// Reads the file of service credentials again every second until `shutdown`. A file that cannot be used changes nothing.
pub(crate) async fn run(path: PathBuf, accepted: watch::Sender<ServiceCredentials>, shutdown: CancellationToken) {
    let mut turns = tokio::time::interval(EVERY);
    let mut followed = Followed { accepted, is_usable: true };
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = turns.tick() => {}
        }
        let path = path.clone();
        if let Ok(read) = tokio::task::spawn_blocking(move || credentials::read(&path)).await {
            followed.take(read);
        }
    }
}

/// The credentials that are accepted, and whether the file was one at the last look.
struct Followed {
    accepted: watch::Sender<ServiceCredentials>,
    is_usable: bool,
}

impl Followed {
    fn take(&mut self, read: Result<ServiceCredentials, CredentialsError>) {
        match read {
            Ok(credentials) => {
                self.is_usable = true;
                self.accepted.send_replace(credentials);
            }
            // Said once, not every second.
            Err(error) if self.is_usable => {
                self.is_usable = false;
                tracing::warn!(error = %error, "service credentials stay as they were");
            }
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::http::{HeaderMap, HeaderValue, header};

    const SECRET: &str = "one-of-the-secrets-of-the-services";

    #[test]
    fn a_file_that_cannot_be_used_locks_nobody_out_and_opens_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("credentials");
        let (accepted, credentials) = watch::channel(ServiceCredentials::accepting([]));
        let mut followed = Followed { accepted, is_usable: true };
        let accepts = |secret: &str| {
            let value = HeaderValue::try_from(format!("Bearer {secret}")).unwrap();
            credentials.borrow().check(&HeaderMap::from_iter([(header::AUTHORIZATION, value)])).is_ok()
        };
        std::fs::write(&path, SECRET).unwrap();
        followed.take(credentials::read(&path));
        assert!(accepts(SECRET), "the control");
        for slip in ["", "short", "one-secret-of-many\ntwo-secrets-of-many\nthree-secrets-of-many"] {
            std::fs::write(&path, slip).unwrap();
            followed.take(credentials::read(&path));
            assert!(!followed.is_usable, "{slip:?} was read and refused");
            assert!(accepts(SECRET), "{slip:?}");
            assert!(slip.lines().all(|line| !accepts(line)), "{slip:?}");
        }
        std::fs::remove_file(&path).unwrap();
        followed.take(credentials::read(&path));
        assert!(accepts(SECRET), "without a file");
        std::fs::write(&path, format!("{SECRET}-changed")).unwrap();
        followed.take(credentials::read(&path));
        assert!(followed.is_usable && accepts(&format!("{SECRET}-changed")) && !accepts(SECRET));
    }
}
