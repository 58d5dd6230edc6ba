use inventory_api::Item;

use crate::http::visit::Visit;

/// Photos that an item has at most; the inventory holds to it.
const MOST: usize = 12;

/// The part of an item's form that is about its photos.
pub(in crate::http::mine) struct PhotosForm {
    pub(in crate::http::mine) pictures: Vec<Picture>,
    /// Makes what is sent with this form happen once.
    pub(in crate::http::mine) key: String,
    /// All their ids with commas between, as they stand.
    pub(in crate::http::mine) order: String,
    /// Whether there may be more.
    pub(in crate::http::mine) has_room: bool,
    /// What went wrong with the photos that were sent last.
    pub(in crate::http::mine) problems: Vec<String>,
}

pub(in crate::http::mine) struct Picture {
    pub(in crate::http::mine) id: String,
    pub(in crate::http::mine) thumbnail_url: String,
    pub(in crate::http::mine) alt: String,
}

impl PhotosForm {
    pub(in crate::http::mine) fn new(visit: &Visit, item: &Item, problems: Vec<String>) -> Self {
        let ids: Vec<_> = item.photos.iter().map(|photo| photo.id.to_string()).collect();
        let picture = |photo: &inventory_api::Photo| Picture {
            id: photo.id.to_string(),
            thumbnail_url: photo.thumbnail_url.clone(),
            alt: photo.alt.clone(),
        };
        Self {
            pictures: item.photos.iter().map(picture).collect(),
            key: visit.web.clock.new_id::<vocabulary::Item>().to_string(),
            order: ids.join(","),
            has_room: item.photos.len() < MOST,
            problems,
        }
    }
}
