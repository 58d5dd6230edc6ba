use inventory_api::{Photo as Wire, PhotoId};

use crate::domain::photo::Photo;

/// The cache group of the pictures of a photo, which never change but may be taken away.
pub(super) fn group(id: PhotoId) -> String {
    format!("photo:{id}")
}

/// The photo as everybody sees it.
pub(in crate::http) fn wire(photo: &Photo) -> Wire {
    let url = format!("/api/v1/photos/{}", photo.id);
    Wire {
        id: photo.id,
        thumbnail_url: format!("{url}/thumbnail"),
        url,
        alt: photo.alt.clone(),
        width: photo.width,
        height: photo.height,
    }
}
