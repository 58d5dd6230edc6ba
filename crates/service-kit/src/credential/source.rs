use std::io;
use std::path::{Path, PathBuf};

use peer::InvalidCredential;
use vocabulary::Secret;

use super::{WeakCredential, is_weak};
use crate::secret_file;

/// Where the settings of a service say that its secrets are.
#[derive(Debug, Clone)]
pub struct CredentialSource {
    /// What the service's variables begin with; errors name them.
    pub prefix: &'static str,
    /// A file with one secret or two, each on a line of its own: both are accepted, the first is shown. Empty for none; where
    /// there is one, the settings below do not count.
    pub path: PathBuf,
    /// The one that is shown.
    pub current: Secret,
    /// Another one that is accepted; empty for none.
    pub previous: Secret,
}

/// Why there is no credential to go by.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    #[error(
        "there is no service credential, so no service would know the other; set {prefix}_SERVICE_CREDENTIALS_PATH to a \
         file that holds it, or {prefix}_SERVICE_CREDENTIAL"
    )]
    Missing { prefix: &'static str },
    #[error("the file of service credentials {} cannot be used: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: io::Error },
    #[error("the file of service credentials {} holds {given}; it has to hold one, or two, each on a line", path.display())]
    Number { path: PathBuf, given: usize },
    #[error(transparent)]
    Weak(#[from] WeakCredential),
    #[error(transparent)]
    Invalid(#[from] InvalidCredential),
}

/// The secrets as they were at one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Secrets {
    pub(super) shown: Secret,
    pub(super) also_accepted: Option<Secret>,
}

impl CredentialSource {
    /// Whether the settings name neither a file nor a secret.
    pub fn is_empty(&self) -> bool {
        self.file().is_none() && self.current.expose().is_empty()
    }

    /// The file to read again, if there is one.
    pub(super) fn file(&self) -> Option<&Path> {
        Some(self.path.as_path()).filter(|path| !path.as_os_str().is_empty())
    }

    /// What is there now. It reads the file, so that a runtime's thread is no place for it once the service runs.
    ///
    /// # Errors
    /// When there is none, or one that could be guessed.
    pub(super) fn read(&self) -> Result<Secrets, CredentialError> {
        let secrets = match self.file() {
            Some(path) => of_file(path)?,
            None if self.is_empty() => return Err(CredentialError::Missing { prefix: self.prefix }),
            None => Secrets {
                shown: self.current.clone(),
                also_accepted: Some(self.previous.clone()).filter(|previous| !previous.expose().is_empty()),
            },
        };
        if secrets.accepted().any(is_weak) { Err(WeakCredential.into()) } else { Ok(secrets) }
    }
}

impl Secrets {
    pub(super) fn accepted(&self) -> impl Iterator<Item = &Secret> {
        std::iter::once(&self.shown).chain(&self.also_accepted)
    }
}

fn of_file(path: &Path) -> Result<Secrets, CredentialError> {
    let text =
        secret_file::read(path).map_err(|reason| CredentialError::Unreadable { path: path.to_owned(), reason })?;
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Secret::new);
    let given = lines.clone().count();
    match (lines.next(), given) {
        (Some(shown), 1 | 2) => Ok(Secrets { shown, also_accepted: lines.next() }),
        _ => Err(CredentialError::Number { path: path.to_owned(), given }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_settings(current: &str, previous: &str) -> Result<Secrets, CredentialError> {
        let (current, previous) = (Secret::new(current), Secret::new(previous));
        CredentialSource { prefix: "LENDERY_SAMPLE", path: PathBuf::new(), current, previous }.read()
    }

    #[test]
    fn a_missing_or_short_credential_is_named() {
        for (current, previous, word) in [
            ("", "", "LENDERY_SAMPLE_SERVICE_CREDENTIALS_PATH"),
            ("", "0123456789abcdef", "LENDERY_SAMPLE_SERVICE_CREDENTIAL"),
            ("short", "", "16 characters"),
            ("0123456789abcdef", "short", "16 characters"),
        ] {
            let error = of_settings(current, previous).unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
        }
    }

    #[test]
    fn an_empty_previous_credential_is_none() {
        let secrets = of_settings("0123456789abcdef", "").unwrap();
        assert_eq!(secrets.accepted().count(), 1);
    }

    #[test]
    fn a_file_beats_the_settings_and_its_first_line_is_shown() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("credentials");
        let current = Secret::new("that of the settings");
        let source =
            CredentialSource { prefix: "LENDERY_SAMPLE", path: path.clone(), current, previous: Secret::default() };
        assert!(source.read().unwrap_err().to_string().contains("cannot be used"));
        test_kit::write_secret(&path, "\n the-first-of-the-two \r\n\nthe-second-of-the-two\n");
        let secrets = source.read().unwrap();
        assert_eq!(secrets.shown, Secret::new("the-first-of-the-two"));
        assert_eq!(secrets.also_accepted, Some(Secret::new("the-second-of-the-two")));
        for (text, given) in [("\n", 0), ("0123456789abcdef\n".repeat(3).as_str(), 3)] {
            test_kit::write_secret(&path, text);
            let error = source.read().unwrap_err();
            assert!(matches!(error, CredentialError::Number { given: found, .. } if found == given), "{error}");
        }
    }
}
