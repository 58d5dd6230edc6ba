mod error;
#[cfg(feature = "s3")]
mod s3;
mod stored_image;

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::stream::{BoxStream, StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use uuid::Uuid;

pub use error::StoreError;
#[cfg(feature = "s3")]
pub use s3::S3Settings;
pub use stored_image::StoredImage;

use crate::Photo;

/// Which of a photo's two pictures is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rendition {
    Full,
    Thumbnail,
}

impl Rendition {
    fn folder(self) -> &'static str {
        match self {
            Self::Full => "photos",
            Self::Thumbnail => "thumbnails",
        }
    }
}

/// Keeps photos by id. What is under an id never changes, so whoever has fetched it may keep it for good.
///
/// The thumbnail is the first to come and the last to go: where there is a photo there is a thumbnail, and
/// [`ids_until`](Self::ids_until), which follows the thumbnails, misses nothing.
#[derive(Debug, Clone)]
pub struct PhotoStore {
    objects: Arc<dyn ObjectStore>,
}

impl PhotoStore {
    /// Photos as files in a folder, which is made if need be. What was put is on the disk, not only on its way there.
    ///
    /// # Errors
    /// The folder can be neither found nor made.
    pub fn in_folder(folder: &Path) -> Result<Self, StoreError> {
        let unusable = |source| StoreError::Folder { folder: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(unusable)?;
        let files = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { objects: Arc::new(files) })
    }

    /// Photos that are gone with the process, for tests.
    pub fn in_memory() -> Self {
        Self { objects: Arc::new(InMemory::new()) }
    }

    /// Photos in a bucket.
    ///
    /// # Errors
    /// The settings name no bucket that could be spoken to. Nothing is sent yet.
    #[cfg(feature = "s3")]
    pub fn in_bucket(settings: &S3Settings) -> Result<Self, StoreError> {
        Ok(Self { objects: Arc::new(s3::bucket(settings)?) })
    }

    /// Keeps a photo under an id that is new. When this fails, or its process ends half way, there may be a thumbnail but
    /// never a photo without one; a second attempt or a sweep sets that right.
    ///
    /// # Errors
    /// The folder or bucket does not take it.
    pub async fn put(&self, id: Uuid, photo: &Photo) -> Result<(), StoreError> {
        for (rendition, bytes) in [(Rendition::Thumbnail, &photo.thumbnail), (Rendition::Full, &photo.full)] {
            self.objects.put(&key(id, rendition), PutPayload::from_bytes(bytes.clone())).await?;
        }
        Ok(())
    }

    /// The picture under an id, ready to be read; `None` where there is none.
    ///
    /// # Errors
    /// The folder or bucket does not answer.
    pub async fn get(&self, id: Uuid, rendition: Rendition) -> Result<Option<StoredImage>, StoreError> {
        match self.objects.get(&key(id, rendition)).await {
            Ok(found) => Ok(Some(StoredImage::new(id, rendition, found))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes sure that there is nothing under an id.
    ///
    /// # Errors
    /// The folder or bucket does not do it. Some of it may be left, and a second attempt finds it.
    pub async fn delete(&self, id: Uuid) -> Result<(), StoreError> {
        for rendition in [Rendition::Full, Rendition::Thumbnail] {
            match self.objects.delete(&key(id, rendition)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Every id that was put until then, whole or in part, in no order. A sweep deletes those that no item names; it looks
    /// back far enough to leave uploads alone that are still under way.
    ///
    /// # Errors
    /// The folder or bucket does not answer.
    pub fn ids_until(&self, until: DateTime<Utc>) -> BoxStream<'static, Result<Uuid, StoreError>> {
        let prefix = Key::from(Rendition::Thumbnail.folder());
        let all = self.objects.list(Some(&prefix)).map_err(StoreError::from);
        all.try_filter_map(move |object| async move {
            Ok(if object.last_modified <= until { id_of(&object.location) } else { None })
        })
        .boxed()
    }
}

/// Where a picture lies: below its id's last two digits, which are random in version 7 (RFC 9562 §5.7), so that no folder
/// has to hold them all.
fn key(id: Uuid, rendition: Rendition) -> Key {
    let name = id.hyphenated().to_string();
    let shelf = &name[name.len() - 2..];
    Key::from_iter([rendition.folder(), shelf, &format!("{name}.jpg")])
}

/// The id in a key; a file that somebody else put there has none.
fn id_of(key: &Key) -> Option<Uuid> {
    key.filename()?.strip_suffix(".jpg")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_spreads_by_the_random_end_of_its_id_and_leads_back_to_it() {
        let id = Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057);
        let key = key(id, Rendition::Thumbnail);
        assert_eq!(key.as_ref(), "thumbnails/57/01890a5d-ac96-774b-bcce-b302099a8057.jpg");
        assert_eq!(id_of(&key), Some(id));
    }
}
