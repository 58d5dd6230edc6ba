use std::time::Duration;

use peer::Credential;
use tokio::task::spawn_blocking;

use super::source::Secrets;
use super::{CredentialError, CredentialSource, ServiceCredentials};

/// How often a file is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// The secret that services share, as one of them has it: what it accepts and what it shows. Clones, and clones of its parts,
/// change together when the file does that it comes from.
#[derive(Debug, Clone)]
pub struct SharedCredential {
    /// The guard of `/internal`.
    pub accepted: ServiceCredentials,
    /// What calls of other services carry.
    pub shown: Credential,
}

impl SharedCredential {
    /// What `source` says now. Where that is a file, a task reads it again every second for as long as the runtime lives, so
    /// that a secret is changed without a restart and without a moment in which one is refused: add the new one on a second
    /// line everywhere, then swap the lines everywhere, then take the old one away.
    ///
    /// # Errors
    /// When there is no secret, or one that could be guessed or sent by nobody. Later such a file changes nothing.
    pub fn follow(source: CredentialSource) -> Result<Self, CredentialError> {
        let secrets = source.read()?;
        let shared = Self {
            accepted: ServiceCredentials::accepting(secrets.accepted()),
            shown: Credential::bearer(secrets.shown.expose())?,
        };
        if source.file().is_some() {
            tokio::spawn(shared.clone().keep_reading(source, secrets));
        }
        Ok(shared)
    }

    async fn keep_reading(self, source: CredentialSource, known: Secrets) {
        let mut followed = Followed { shared: self, known, is_usable: true };
        loop {
            tokio::time::sleep(EVERY).await;
            let source = source.clone();
            if let Ok(read) = spawn_blocking(move || source.read()).await {
                followed.take(read);
            }
        }
    }
}

/// What is accepted and shown, and whether the file was of use at the last look.
struct Followed {
    shared: SharedCredential,
    known: Secrets,
    is_usable: bool,
}

impl Followed {
    fn take(&mut self, read: Result<Secrets, CredentialError>) {
        match read.and_then(|secrets| self.change_to(secrets)) {
            Ok(()) => self.is_usable = true,
            // Said once, not every second.
            Err(error) if self.is_usable => {
                self.is_usable = false;
                tracing::warn!(error = %error, "service credentials stay as they were");
            }
            Err(_) => {}
        }
    }

    fn change_to(&mut self, secrets: Secrets) -> Result<(), CredentialError> {
        if secrets == self.known {
            return Ok(());
        }
        self.shared.shown.replace(secrets.shown.expose())?;
        self.shared.accepted.replace(secrets.accepted());
        tracing::info!(accepted = secrets.accepted().count(), "service credentials read again");
        self.known = secrets;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::http::{HeaderMap, HeaderValue, header};
    use std::path::{Path, PathBuf};
    use vocabulary::Secret;

    const SECRET: &str = "one-of-the-secrets-of-the-services";

    fn source(path: &Path) -> CredentialSource {
        let (current, previous) = (Secret::default(), Secret::default());
        CredentialSource { prefix: "LENDERY_SAMPLE", path: path.to_owned(), current, previous }
    }

    fn accepts(shared: &SharedCredential, secret: &str) -> bool {
        let value = HeaderValue::try_from(format!("Bearer {secret}")).unwrap();
        shared.accepted.check(&HeaderMap::from_iter([(header::AUTHORIZATION, value)])).is_ok()
    }

    fn written(directory: &Path, text: &str) -> PathBuf {
        let path = directory.join("credentials");
        test_kit::write_secret(&path, text);
        path
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_cannot_be_used_locks_nobody_out_and_opens_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = written(directory.path(), SECRET);
        let shared = SharedCredential::follow(source(&path)).unwrap();
        assert!(accepts(&shared, SECRET), "the control");
        let known = source(&path).read().unwrap();
        let mut followed = Followed { shared: shared.clone(), known, is_usable: true };
        let many = "one-secret-of-many\ntwo-secrets-of-many\nthree-secrets-of-many";
        for slip in ["", "short", many, "two words that nobody can send", "beyond-ascii-é-é-é-é-é"] {
            written(directory.path(), slip);
            followed.take(source(&path).read());
            assert!(!followed.is_usable, "{slip:?} was read and refused");
            assert!(accepts(&shared, SECRET), "{slip:?}");
            assert!(slip.lines().all(|line| !line.is_ascii() || !accepts(&shared, line)), "{slip:?}");
        }
        std::fs::remove_file(&path).unwrap();
        followed.take(source(&path).read());
        assert!(accepts(&shared, SECRET), "without a file");
        written(directory.path(), &format!("{SECRET}-changed"));
        followed.take(source(&path).read());
        assert!(followed.is_usable && accepts(&shared, &format!("{SECRET}-changed")) && !accepts(&shared, SECRET));
    }

    #[tokio::test]
    async fn a_secret_that_nobody_could_send_is_refused_at_the_start() {
        let directory = tempfile::tempdir().unwrap();
        for text in ["", "short", "two words that nobody can send"] {
            assert!(SharedCredential::follow(source(&written(directory.path(), text))).is_err(), "{text:?}");
        }
    }
}
