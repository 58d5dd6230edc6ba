use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::{BoxStream, StreamExt, TryStreamExt};
use object_store::GetResult;
use uuid::Uuid;

use super::{Rendition, StoreError};

/// A picture that was found, to be read once.
pub struct StoredImage {
    id: Uuid,
    rendition: Rendition,
    found: GetResult,
}

impl StoredImage {
    pub(super) fn new(id: Uuid, rendition: Rendition, found: GetResult) -> Self {
        Self { id, rendition, found }
    }

    /// In bytes.
    pub fn length(&self) -> u64 {
        self.found.meta.size
    }

    pub fn last_modified(&self) -> DateTime<Utc> {
        self.found.meta.last_modified
    }

    /// A strong entity tag (RFC 9110 §8.8.3), quotes included. It is made of the id alone, which stands for the same bytes
    /// for ever; a folder's own tag would change with every copy of the folder.
    pub fn etag(&self) -> String {
        match self.rendition {
            Rendition::Full => format!("\"{}\"", self.id),
            Rendition::Thumbnail => format!("\"{}-thumbnail\"", self.id),
        }
    }

    /// All of it.
    ///
    /// # Errors
    /// The folder or bucket fails.
    pub async fn bytes(self) -> Result<Bytes, StoreError> {
        Ok(self.found.bytes().await?)
    }

    /// A piece at a time.
    ///
    /// # Errors
    /// The folder or bucket fails; a stream that ended early must not pass for the whole.
    pub fn stream(self) -> BoxStream<'static, Result<Bytes, StoreError>> {
        self.found.into_stream().map_err(StoreError::from).boxed()
    }
}

impl fmt::Debug for StoredImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredImage")
            .field("etag", &self.etag())
            .field("length", &self.length())
            .finish_non_exhaustive()
    }
}
