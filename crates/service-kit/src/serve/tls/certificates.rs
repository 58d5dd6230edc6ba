use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::TlsFiles;
use crate::secret_file::is_exposed;

/// A certificate that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("the file {} cannot be read: {reason}; it has to be PEM", path.display())]
    File { path: PathBuf, reason: String },
    #[error("everybody on this machine may read the key {}; chmod 600 helps", path.display())]
    Exposed { path: PathBuf },
    #[error("the certificate and its key cannot be used: {0}")]
    Unusable(rustls::Error),
}

/// What identifies a version of a file: when it was changed last, and its length.
type Stamp = [Option<(SystemTime, u64)>; 2];

/// The certificate that new connections get.
#[derive(Debug)]
pub(super) struct Certificates {
    files: TlsFiles,
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificates {
    pub(super) fn load(files: TlsFiles, provider: &Arc<CryptoProvider>) -> Result<Self, CertificateError> {
        let current = RwLock::new(Arc::new(read(&files, provider)?));
        Ok(Self { files, provider: Arc::clone(provider), current })
    }

    /// Reads the files again whenever they have changed, for ever.
    pub(super) async fn watch(&self, every: Duration) -> Infallible {
        let mut seen = self.stamp();
        loop {
            tokio::time::sleep(every).await;
            let stamp = self.stamp();
            if stamp == seen {
                continue;
            }
            seen = stamp;
            match read(&self.files, &self.provider) {
                Ok(renewed) => {
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(renewed);
                    tracing::info!(certificate = %self.files.certificate.display(), "certificate read again");
                }
                Err(error) => tracing::error!(error = %error, "the new certificate cannot be used, the last one stays"),
            }
        }
    }

    fn stamp(&self) -> Stamp {
        let stamp = |path: &Path| {
            let metadata = std::fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        [stamp(&self.files.certificate), stamp(&self.files.key)]
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn read(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, CertificateError> {
    let unreadable = |path: &Path, reason: &dyn std::fmt::Display| CertificateError::File {
        path: path.to_owned(),
        reason: reason.to_string(),
    };
    let path = &files.certificate;
    let chain = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let chain: Vec<_> = chain.map_err(|error| unreadable(path, &error))?;
    if chain.is_empty() {
        return Err(unreadable(path, &"there is no certificate in it"));
    }
    let path = &files.key;
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if is_exposed(&metadata) {
        return Err(CertificateError::Exposed { path: path.clone() });
    }
    let key = PrivateKeyDer::from_pem_file(path).map_err(|error| unreadable(path, &error))?;
    CertifiedKey::from_der(chain, key, provider).map_err(CertificateError::Unusable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::crypto::aws_lc_rs;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    fn write(directory: &Path, name: &str) -> Vec<u8> {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        std::fs::write(directory.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        std::fs::set_permissions(directory.join("key.pem"), Permissions::from_mode(0o600)).unwrap();
        std::fs::write(directory.join("certificate.pem"), made.cert.pem()).unwrap();
        made.cert.der().to_vec()
    }

    fn load(directory: &Path) -> Result<Certificates, CertificateError> {
        let files = TlsFiles { certificate: directory.join("certificate.pem"), key: directory.join("key.pem") };
        Certificates::load(files, &Arc::new(aws_lc_rs::default_provider()))
    }

    fn in_use(certificates: &Certificates) -> Vec<u8> {
        certificates.current.read().unwrap().cert[0].to_vec()
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewed_certificate_is_used_and_a_broken_one_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let first = write(directory.path(), "one.example");
        let certificates = Arc::new(load(directory.path()).unwrap());
        let watched = Arc::clone(&certificates);
        tokio::spawn(async move { watched.watch(Duration::from_secs(5)).await });
        tokio::task::yield_now().await;
        assert_eq!(in_use(&certificates), first);

        std::fs::write(directory.path().join("certificate.pem"), "nonsense").unwrap();
        tokio::time::sleep(Duration::from_secs(11)).await;
        assert_eq!(in_use(&certificates), first);

        let second = write(directory.path(), "another.example");
        tokio::time::sleep(Duration::from_secs(11)).await;
        assert_eq!(in_use(&certificates), second);
    }

    #[test]
    fn a_key_that_everybody_may_read_is_refused_with_the_remedy() {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), "one.example");
        let key = directory.path().join("key.pem");
        std::fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
        let error = load(directory.path()).unwrap_err().to_string();
        assert!(error.contains("key.pem") && error.contains("chmod 600"), "{error}");
        std::fs::set_permissions(&key, Permissions::from_mode(0o640)).unwrap();
        assert!(load(directory.path()).is_ok(), "its group may");
    }

    #[test]
    fn files_that_cannot_be_used_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let error = load(directory.path()).unwrap_err().to_string();
        assert!(error.contains("certificate.pem") && error.contains("PEM"), "{error}");
        write(directory.path(), "one.example");
        std::fs::write(directory.path().join("certificate.pem"), "").unwrap();
        let error = load(directory.path()).unwrap_err().to_string();
        assert!(error.contains("no certificate"), "{error}");
        let other = tempfile::tempdir().unwrap();
        write(directory.path(), "one.example");
        write(other.path(), "other.example");
        std::fs::copy(other.path().join("key.pem"), directory.path().join("key.pem")).unwrap();
        assert!(matches!(load(directory.path()), Err(CertificateError::Unusable(_))), "they do not belong together");
    }
}
