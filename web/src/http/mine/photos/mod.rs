//! The photos of a member's thing.

pub(in crate::http) mod arrange;
mod section;
pub(in crate::http) mod upload;

pub(super) use section::PhotosForm;
