use inventory_api::Item as Wire;
use inventory_api::Pickup;
use problem::{Kind, Problem};
use service_kit::http::Cursor;
use vocabulary::{ItemId, Money, Page};

use crate::domain::item::Item;
use crate::domain::offer::Offer;
use crate::domain::sort::{Place, Sort};
use crate::http::photos;

/// How long the gateway calls an item or a list fresh, should the message of a write be lost.
pub(super) const FRESH_SECONDS: u32 = 60;

/// The cache groups of everything that shows this item: the lists, and the item itself.
pub(in crate::http) fn groups(id: ItemId) -> Vec<String> {
    vec!["items".to_owned(), format!("item:{id}")]
}

/// What a change of an item makes stale; the categories too, if they count it otherwise.
pub(super) fn stale(id: ItemId, recounts: bool) -> Vec<String> {
    let mut groups = groups(id);
    groups.extend(recounts.then(|| "categories".to_owned()));
    groups
}

/// A page of items; `cursor` gives the address of the next.
pub(super) fn page((items, next): (Vec<Item>, Option<Place>), cursor: &Cursor) -> Page<Wire> {
    Page { items: items.iter().map(wire).collect(), next: next.map(|place| cursor.encode(&place)) }
}

/// The place that a cursor names in a list of this order.
///
/// # Errors
/// 400 when it is a cursor of another list, or none at all.
pub(super) fn place(cursor: &Cursor, text: Option<&str>, sort: Sort) -> Result<Option<Place>, Problem> {
    let Some(text) = text else {
        return Ok(None);
    };
    let place: Place = cursor.decode(text)?;
    if place.fits(sort) { Ok(Some(place)) } else { Err(Problem::new(Kind::InvalidCursor)) }
}

/// The item as everybody sees it.
pub(in crate::http) fn wire(item: &Item) -> Wire {
    let content = &item.content;
    let currency = content.terms.currency;
    let money = |amount_minor| Money { amount_minor, currency };
    let bare = Wire {
        id: item.id,
        owner_id: item.owner_id,
        name: content.name.clone(),
        description: content.description.clone(),
        category: content.category.slug.to_string(),
        tags: content.tags.clone(),
        condition: content.condition,
        offer: content.terms.offer.kind(),
        units: None,
        daily_price: None,
        deposit: None,
        max_loan_days: None,
        buffer_hours: None,
        stock: None,
        price: None,
        approval: content.approval,
        pickup: content.pickup.clone().map(|place| Pickup {
            label: place.label,
            lat: place.lat,
            lon: place.lon,
            time_zone: place.time_zone.name().to_owned(),
        }),
        photos: item.photos.iter().map(photos::wire).collect(),
        status: content.status,
        version: item.version,
        created_at: item.created_at,
        updated_at: item.updated_at,
    };
    match content.terms.offer {
        Offer::Lend { units, daily_price, deposit, max_loan_days, buffer_hours } => Wire {
            units: Some(units),
            daily_price: daily_price.map(money),
            deposit: deposit.map(money),
            max_loan_days,
            buffer_hours: Some(buffer_hours),
            ..bare
        },
        Offer::Sell { stock, price } => Wire { stock: Some(stock), price: Some(money(price)), ..bare },
    }
}
