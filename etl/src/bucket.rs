//! Buckets of object stores, and for how long one that does not answer is asked.

use std::error::Error;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use deltalake::logstore::object_store::aws::AmazonS3Builder;
use deltalake::logstore::object_store::azure::MicrosoftAzureBuilder;
use deltalake::logstore::object_store::gcp::GoogleCloudStorageBuilder;
use deltalake::logstore::object_store::{self, DynObjectStore, RetryConfig};
use url::Url;

use crate::EtlError;

/// The store of an address that begins with one of the schemes of [`crate::place`].
///
/// # Errors
/// Why it cannot be used: a key it does not know, or one that it lacks.
pub(crate) fn open(
    url: &Url,
    options: Vec<(String, String)>,
    patience: Duration,
) -> Result<Arc<DynObjectStore>, String> {
    let retry = RetryConfig { retry_timeout: patience, ..RetryConfig::default() };
    Ok(match url.scheme() {
        "s3" | "s3a" => {
            let builder = AmazonS3Builder::new().with_url(url.as_str()).with_retry(retry);
            let builder = configured(builder, options, AmazonS3Builder::with_config)?;
            Arc::new(builder.build().map_err(one_line)?)
        }
        "gs" => {
            let builder = GoogleCloudStorageBuilder::new().with_url(url.as_str()).with_retry(retry);
            let builder = configured(builder, options, GoogleCloudStorageBuilder::with_config)?;
            Arc::new(builder.build().map_err(one_line)?)
        }
        _ => {
            let builder = MicrosoftAzureBuilder::new().with_url(url.as_str()).with_retry(retry);
            let builder = configured(builder, options, MicrosoftAzureBuilder::with_config)?;
            Arc::new(builder.build().map_err(one_line)?)
        }
    })
}

fn configured<B, K: FromStr>(
    builder: B,
    options: Vec<(String, String)>,
    set: impl Fn(B, K, String) -> B,
) -> Result<B, String> {
    options.into_iter().try_fold(builder, |builder, (key, value)| match key.to_ascii_lowercase().parse() {
        Ok(key) => Ok(set(builder, key, value)),
        Err(_) => Err(format!("warehouse_options has the key {key:?}, which this kind of store does not know")),
    })
}

/// The store's own words in a failure, if it refused or did not answer. Something that is missing from it is no refusal.
pub(crate) fn refusal(error: &EtlError) -> Option<&object_store::Error> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let boxed = error.downcast_ref::<Box<object_store::Error>>().map(AsRef::as_ref);
        let refusal = error.downcast_ref().or(boxed);
        if let Some(
            object_store::Error::Generic { .. }
            | object_store::Error::PermissionDenied { .. }
            | object_store::Error::Unauthenticated { .. },
        ) = refusal
        {
            return refusal;
        }
        cause = error.source();
    }
    None
}

/// A store's own words may be a page of XML; told here they are one line.
pub(crate) fn unusable(url: &Url, error: &object_store::Error) -> EtlError {
    EtlError::Bucket { address: url.as_str().trim_end_matches('/').to_owned(), reason: one_line(error) }
}

fn one_line(error: impl Display) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}
