//! Buckets of object stores, and for how long one that does not answer is asked.

use std::error::Error;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use deltalake::logstore::object_store::aws::AmazonS3Builder;
use deltalake::logstore::object_store::azure::MicrosoftAzureBuilder;
use deltalake::logstore::object_store::gcp::GoogleCloudStorageBuilder;
use deltalake::logstore::object_store::{self, DynObjectStore, RetryConfig};
use url::Url;

use crate::EtlError;

/// The store of an address that begins with one of the schemes of [`crate::place`]. Keys that the store does not know are
/// left out.
pub(crate) fn open(
    url: &Url,
    options: Vec<(String, String)>,
    patience: Duration,
) -> Result<Arc<DynObjectStore>, object_store::Error> {
    let retry = RetryConfig { retry_timeout: patience, ..RetryConfig::default() };
    Ok(match url.scheme() {
        "s3" | "s3a" => {
            let builder = AmazonS3Builder::new().with_url(url.as_str()).with_retry(retry);
            let builder = configured(builder, options, AmazonS3Builder::with_config);
            Arc::new(builder.build()?)
        }
        "gs" => {
            let builder = GoogleCloudStorageBuilder::new().with_url(url.as_str()).with_retry(retry);
            let builder = configured(builder, options, GoogleCloudStorageBuilder::with_config);
            Arc::new(builder.build()?)
        }
        _ => {
            let builder = MicrosoftAzureBuilder::new().with_url(url.as_str()).with_retry(retry);
            let builder = configured(builder, options, MicrosoftAzureBuilder::with_config);
            Arc::new(builder.build()?)
        }
    })
}

fn configured<B, K: FromStr>(builder: B, options: Vec<(String, String)>, set: impl Fn(B, K, String) -> B) -> B {
    options.into_iter().fold(builder, |builder, (key, value)| match key.to_ascii_lowercase().parse() {
        Ok(key) => set(builder, key, value),
        Err(_) => builder,
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
    let reason = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    EtlError::Bucket { address: url.as_str().trim_end_matches('/').to_owned(), reason }
}
