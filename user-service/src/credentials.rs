//! The secrets by which other services are known, from settings or from a file that changes.

use std::path::{Path, PathBuf};

use service_kit::credential::{ServiceCredentials, WeakCredential};
use vocabulary::Secret;

/// Why there are no credentials to accept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CredentialsError {
    #[error("the file of service credentials {} cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("the file of service credentials {} holds {given}; it has to hold one, or two, each on a line", path.display())]
    Number { path: PathBuf, given: usize },
    #[error(transparent)]
    Weak(#[from] WeakCredential),
}

/// Accepts the secrets in a file, one or two, each on a line of its own.
///
/// # Errors
/// When the file cannot be read, or does not hold that.
pub(crate) fn read(path: &Path) -> Result<ServiceCredentials, CredentialsError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| CredentialsError::Unreadable { path: path.to_owned(), source })?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let secrets: Vec<Secret> = lines.map(Secret::new).collect();
    if !(1..=2).contains(&secrets.len()) {
        return Err(CredentialsError::Number { path: path.to_owned(), given: secrets.len() });
    }
    Ok(ServiceCredentials::strong(&secrets)?)
}
