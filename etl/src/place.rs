//! Where the tables are: a folder, or a bucket of an object store.

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use deltalake::DeltaTableError;
use deltalake::logstore::object_store::prefix::PrefixStore;
use deltalake::logstore::object_store::{self, DynObjectStore, ObjectStore as _};
use deltalake::logstore::{LogStoreRef, StorageConfig, default_logstore, logstore_for};
use futures_util::TryStreamExt;
use url::Url;
use vocabulary::Secret;

use crate::{EtlError, bucket};

/// Schemes of the stores that refuse to write over what is there, which is what makes a commit one of many or none.
const STORES: [&str; 7] = ["s3", "s3a", "gs", "az", "azure", "abfs", "abfss"];

#[derive(Clone)]
pub(crate) enum Place {
    Folder(PathBuf),
    Bucket {
        store: Arc<DynObjectStore>,
        /// Ends with a slash.
        url: Url,
    },
}

impl Place {
    /// Reads the settings `warehouse` and `warehouse_options`. A bucket is not asked for anything yet; later, one that does not
    /// answer is asked again for as long as `patience`.
    pub(crate) fn parse(warehouse: &std::path::Path, options: &Secret, patience: Duration) -> Result<Self, EtlError> {
        let text = warehouse.to_str().filter(|text| text.contains("://"));
        let Some(text) = text else { return Ok(Self::Folder(warehouse.to_owned())) };
        let wrong = |reason: String| EtlError::Bucket { address: text.to_owned(), reason };
        let url = Url::parse(&format!("{}/", text.trim_end_matches('/'))).map_err(|error| wrong(error.to_string()))?;
        if !STORES.contains(&url.scheme()) {
            return Err(wrong(format!("it begins with none of {}", STORES.join("://, ") + "://")));
        }
        let store = bucket::open(&url, pairs(options)?, patience).map_err(wrong)?;
        Ok(Self::Bucket { store, url })
    }

    /// The log of one table, whether or not there is one yet.
    pub(crate) fn log_store(&self, name: &'static str) -> Result<LogStoreRef, EtlError> {
        let failed = EtlError::table(name);
        match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                let unusable = |cause| EtlError::Folder { path: path.clone(), cause };
                let absolute = std::path::absolute(&path).map_err(unusable)?;
                let url = Url::from_directory_path(absolute)
                    .map_err(|()| unusable(std::io::Error::new(ErrorKind::InvalidInput, "it is no path")))?;
                logstore_for(&url, StorageConfig::default()).map_err(failed)
            }
            Self::Bucket { store, url } => {
                let wrong = |error: url::ParseError| failed(DeltaTableError::generic(error.to_string()));
                let url = url.join(&format!("{name}/")).map_err(wrong)?;
                let prefix = url.path().trim_matches('/').to_owned();
                let prefixed = Arc::new(PrefixStore::new(Arc::clone(store), prefix));
                Ok(default_logstore(prefixed, Arc::clone(store), &url, &StorageConfig::default()))
            }
        }
    }

    /// Whether there cannot be a table of this name; a bucket has to be asked for it.
    pub(crate) fn lacks(&self, name: &'static str) -> Result<bool, EtlError> {
        let Self::Folder(folder) = self else { return Ok(false) };
        let log = folder.join(name).join("_delta_log");
        match std::fs::metadata(&log) {
            Ok(found) => Ok(!found.is_dir()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
            // The folder is one, so it is the table that is a file.
            Err(source) if source.kind() == ErrorKind::NotADirectory && folder.is_dir() => {
                Err(EtlError::table(name)(DeltaTableError::Io { source }))
            }
            Err(cause) => Err(EtlError::Folder { path: log, cause }),
        }
    }

    /// Makes sure that files can be written into a folder before anything is read for it; of a bucket [`Self::answers`] tells.
    /// Only the lease's holder asks.
    pub(crate) fn usable(&self) -> Result<(), EtlError> {
        let Self::Folder(folder) = self else { return Ok(()) };
        let unusable = |cause| EtlError::Folder { path: folder.clone(), cause };
        match std::fs::create_dir(folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(unusable(error)),
            _ => {}
        }
        let probe = folder.join(".writable");
        std::fs::write(&probe, []).and_then(|()| std::fs::remove_file(&probe)).map_err(unusable)
    }

    /// Makes sure that a bucket answers. What reads the tables there wraps a refusal so that nothing tells it from a damaged
    /// table any more.
    pub(crate) async fn answers(&self) -> Result<(), EtlError> {
        let Self::Bucket { store, url } = self else { return Ok(()) };
        let prefix = object_store::path::Path::from(url.path().trim_matches('/'));
        let first = store.list(Some(&prefix)).try_next().await;
        first.map(drop).map_err(|error| bucket::unusable(url, &error))
    }

    /// The failure of something that was done with the tables: by the name of the bucket if that is what does not answer, and of
    /// the folder if that is full or must not be written.
    pub(crate) fn explained(&self, error: EtlError) -> EtlError {
        match self {
            Self::Bucket { url, .. } => match bucket::refusal(&error) {
                Some(refusal) => bucket::unusable(url, refusal),
                None => error,
            },
            Self::Folder(folder) => match unwritable(&error) {
                Some(kind) if !matches!(error, EtlError::Folder { .. }) => {
                    EtlError::Folder { path: folder.clone(), cause: kind.into() }
                }
                _ => error,
            },
        }
    }
}

/// Why a folder cannot be written, if that is what an error comes from.
fn unwritable(error: &EtlError) -> Option<ErrorKind> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref().map(std::io::Error::kind);
        let is_of_disk = |kind: &ErrorKind| {
            [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::ReadOnlyFilesystem].contains(kind)
        };
        if let Some(kind) = kind.filter(is_of_disk) {
            return Some(kind);
        }
        cause = error.source();
    }
    None
}

/// Without the store, which knows secrets.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => f.debug_tuple("Folder").field(folder).finish(),
            Self::Bucket { url, .. } => f.debug_tuple("Bucket").field(&url.as_str()).finish(),
        }
    }
}

/// `key=value` after `key=value`, with white space between.
fn pairs(options: &Secret) -> Result<Vec<(String, String)>, EtlError> {
    let pairs = options.expose().split_whitespace();
    let split = pairs.map(|pair| pair.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())));
    split.collect::<Option<_>>().ok_or(EtlError::BucketOptions)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(1);

    #[test]
    fn a_folder_is_a_path_and_a_bucket_a_url() {
        let none = Secret::default();
        assert!(matches!(Place::parse(Path::new("data/warehouse"), &none, PATIENCE), Ok(Place::Folder(_))));
        let options = Secret::new("aws_region=eu-central-1 aws_access_key_id=id aws_secret_access_key=planted");
        for url in ["s3://bucket/warehouse", "s3://bucket"] {
            let place = Place::parse(Path::new(url), &options, PATIENCE).unwrap();
            assert!(matches!(&place, Place::Bucket { url, .. } if url.path().ends_with('/')), "{place:?}");
            assert!(!format!("{place:?}").contains("planted"));
        }
    }

    #[test]
    fn a_store_that_is_none_is_named_and_its_secrets_are_not() {
        for url in ["ftp://host/folder", "http://host/folder", "memory:///folder"] {
            let error = Place::parse(Path::new(url), &Secret::default(), PATIENCE).unwrap_err().to_string();
            assert!(error.contains(url) && error.contains("s3://"), "{error}");
        }
        let error = Place::parse(Path::new("s3://bucket"), &Secret::new("planted-secret"), PATIENCE).unwrap_err();
        let options = Secret::new("aws_region=eu-central-1 aws_acces_key_id=planted-id");
        let misspelt = Place::parse(Path::new("s3://bucket"), &options, PATIENCE).unwrap_err().to_string();
        assert!(misspelt.contains("aws_acces_key_id") && !misspelt.contains("planted"), "{misspelt}");
        assert!(error.to_string().contains("warehouse_options"), "{error}");
        assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
    }
}
