use inventory_api::{Item, ItemStatus, OfferKind};

use super::{Look, amount};
use crate::words::Language;

/// A thing in a grid.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) price: String,
    pub(crate) place: Option<String>,
    pub(crate) photo: Option<String>,
    pub(crate) badge: Option<&'static str>,
    pub(crate) look: Look,
}

impl Card {
    pub(crate) fn new(language: Language, item: &Item) -> Self {
        Self {
            id: item.id.to_string(),
            name: item.name.clone(),
            price: price(language, item),
            place: item.pickup.as_ref().map(|place| place.label.clone()),
            photo: item.photos.first().map(|photo| photo.thumbnail_url.clone()),
            badge: badge(language, item),
            look: Look::of(&item.category),
        }
    }
}

/// What it costs, in a few words.
pub(crate) fn price(language: Language, item: &Item) -> String {
    let w = language.words();
    match (item.offer, item.daily_price, item.price) {
        (OfferKind::Lend, Some(price), _) if price.amount_minor > 0 => {
            format!("{} {}", amount(language, price), w.a_day)
        }
        (OfferKind::Lend, ..) => w.free_of_charge.to_owned(),
        (OfferKind::Sell, _, Some(price)) if price.amount_minor > 0 => amount(language, price),
        (OfferKind::Sell, ..) => w.a_gift.to_owned(),
    }
}

fn badge(language: Language, item: &Item) -> Option<&'static str> {
    let w = language.words();
    match (item.status, item.offer, item.stock) {
        (ItemStatus::Paused, ..) => Some(w.status_paused),
        (ItemStatus::Draft, ..) => Some(w.status_draft),
        (_, OfferKind::Sell, Some(0)) => Some(w.out_of_stock),
        (_, OfferKind::Sell, _) => Some(w.for_sale),
        (_, OfferKind::Lend, _) => None,
    }
}
