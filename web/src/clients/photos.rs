use std::time::Duration;

use bytes::Bytes;
use http::Method;
use inventory_api::{ArrangePhotosRequest, Item, Photo, PhotoId, PhotoRequest};
use vocabulary::ItemId;

use super::call::Call;
use super::inventory::{ITEMS, Inventory};
use super::{Answer, ApiError, Asking};

/// How long a photo may take to be turned, scaled and written; less than the pages' own deadline.
const PHOTO_PATIENCE: Duration = Duration::from_secs(8);

/// A picture as somebody's device has it.
#[derive(Debug, Clone)]
pub(crate) struct PhotoFile {
    pub(crate) media_type: String,
    pub(crate) bytes: Bytes,
}

/// The photos of an item.
impl Inventory {
    /// Sent twice with the same key, it happens once.
    pub(crate) async fn add_photo(
        &self,
        item: ItemId,
        photo: PhotoFile,
        key: &str,
        asking: &Asking,
    ) -> Result<Answer<Photo>, ApiError> {
        let call = Call::new(&self.photos, "inventory", Method::POST, format!("{ITEMS}/{item}/photos"));
        call.key(key).file(&photo.media_type, photo.bytes).patient(PHOTO_PATIENCE).receive(asking).await
    }

    /// Puts them in this order, each with what is to be seen, if the item still has this version.
    pub(crate) async fn arrange_photos(
        &self,
        item: ItemId,
        version: i64,
        photos: Vec<PhotoRequest>,
        asking: &Asking,
    ) -> Result<Answer<Item>, ApiError> {
        let call = self.call(Method::PUT, format!("{ITEMS}/{item}/photos")).version(version);
        call.json(&ArrangePhotosRequest { photos: Some(photos) }).receive(asking).await
    }

    pub(crate) async fn remove_photo(
        &self,
        item: ItemId,
        photo: PhotoId,
        version: i64,
        asking: &Asking,
    ) -> Result<Answer<()>, ApiError> {
        self.call(Method::DELETE, format!("{ITEMS}/{item}/photos/{photo}")).version(version).acknowledge(asking).await
    }
}
