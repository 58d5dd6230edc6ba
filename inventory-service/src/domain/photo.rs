use inventory_api::{ArrangePhotosRequest, PhotoId, PhotoRequest};
use problem::{FieldErrors, Problem};

use super::text;

/// The most photos of an item.
pub(crate) const MOST_PHOTOS: usize = 12;
/// Characters of what is said of a photo.
pub(crate) const LONGEST_ALT: usize = 300;

/// A picture of an item, whose pixels are kept elsewhere under its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Photo {
    pub(crate) id: PhotoId,
    /// What is to be seen; empty where nobody has said.
    pub(crate) alt: String,
    /// Of the larger picture, in pixels.
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// The photos in the order of the request, each with what it says of it.
///
/// # Errors
/// 422 unless the request names each of them once.
pub(crate) fn arranged(photos: &[Photo], request: &ArrangePhotosRequest) -> Result<Vec<Photo>, Problem> {
    let mut errors = FieldErrors::default();
    let order = errors.required("/photos", request.photos.as_deref()).unwrap_or_default();
    let arranged: Vec<_> = order
        .iter()
        .enumerate()
        .filter_map(|(index, wanted)| one(&mut errors, photos, &format!("/photos/{index}"), wanted))
        .collect();
    let names_each = photos.iter().all(|photo| arranged.iter().filter(|other| other.id == photo.id).count() == 1);
    if request.photos.is_some() && !(names_each && arranged.len() == order.len()) {
        errors.refuse("/photos", "incomplete", "It has to name each photo of the item once; DELETE takes one away.");
    }
    errors.finish(Some(arranged))
}

/// What is said of a photo, read from a request.
pub(crate) fn alt(errors: &mut FieldErrors, pointer: &str, given: Option<&str>) -> Option<String> {
    match given.map(str::trim) {
        None | Some("") => Some(String::new()),
        Some(given) => text::line(given, LONGEST_ALT).map_err(|error| error.note(errors, pointer)).ok(),
    }
}

fn one(errors: &mut FieldErrors, photos: &[Photo], pointer: &str, wanted: &PhotoRequest) -> Option<Photo> {
    let at = format!("{pointer}/id");
    let id = errors.required(&at, wanted.id.as_deref())?;
    let id: PhotoId = errors.parsed(&at, "malformed", id.parse())?;
    let alt = alt(errors, &format!("{pointer}/alt"), wanted.alt.as_deref())?;
    let Some(photo) = photos.iter().find(|photo| photo.id == id) else {
        errors.refuse(&at, "unknown_photo", "The item has no photo with this id.");
        return None;
    };
    Some(Photo { alt, ..photo.clone() })
}
