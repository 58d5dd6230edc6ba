//! What makes an untrusted upload safe to show, and where it is kept. A [`Photo`] promises to be a JPEG of pixels alone:
//! whatever else was in the upload (where it was taken, by whose camera, a second picture, a script) is gone, and what
//! lies about its type, is cut off or would unfold to more than its [`Limits`] is refused before memory is given to it.
//! The [`Processor`] does that work beside the requests, never in their way, and turns away what it has no place for. The
//! [`PhotoStore`] keeps the outcome under the id it is given, in a folder or in a bucket.

mod colours;
mod decode;
mod format;
mod limits;
mod photo;
mod processor;
mod refusal;
mod store;
mod wholeness;

pub use format::{Format, UnknownMediaType};
pub use limits::Limits;
pub use photo::{MEDIA_TYPE, Photo};
pub use processor::{Busy, Place, PrepareError, Processor, Settings};
pub use refusal::Refusal;
#[cfg(feature = "s3")]
pub use store::S3Settings;
pub use store::{PhotoStore, Rendition, StoreError, StoredImage};
