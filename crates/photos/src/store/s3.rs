use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{ClientOptions, RetryConfig};
use vocabulary::Secret;

use super::StoreError;

/// One attempt ends by then, and all attempts together by twice that, so that a request can still be answered.
const ATTEMPT: Duration = Duration::from_secs(5);

/// A bucket of S3, or of another server that speaks its language.
#[derive(Debug, Clone)]
pub struct S3Settings {
    pub bucket: String,
    pub region: String,
    /// Where the server is, unless it is Amazon's. Over plain HTTP only if the address says so.
    pub endpoint: Option<String>,
    pub access_key_id: String,
    pub secret_access_key: Secret,
}

pub(super) fn bucket(settings: &S3Settings) -> Result<AmazonS3, StoreError> {
    let plain = settings.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
    let client = ClientOptions::new().with_timeout(ATTEMPT).with_connect_timeout(ATTEMPT / 5).with_allow_http(plain);
    let retries = RetryConfig { max_retries: 2, retry_timeout: ATTEMPT * 2, ..RetryConfig::default() };
    let mut bucket = AmazonS3Builder::new()
        .with_bucket_name(&settings.bucket)
        .with_region(&settings.region)
        .with_access_key_id(&settings.access_key_id)
        .with_secret_access_key(settings.secret_access_key.expose())
        .with_client_options(client)
        .with_retry(retries);
    if let Some(endpoint) = &settings.endpoint {
        bucket = bucket.with_endpoint(endpoint);
    }
    Ok(bucket.build()?)
}
