//! Rows of `items` and `categories` to and from the domain. A value that cannot be, such as an unknown status, was not
//! written by this service and is reported as a database error that names its place.

use std::fmt::Display;
use std::str::FromStr;

use inventory_api::OfferKind;
use sea_orm::{ActiveValue::Set, DbErr, FromQueryResult};
use uuid::Uuid;
use vocabulary::{CategoryId, ItemId, UserId};

use super::entity::{category, item};
use super::photos;
use crate::domain::category::{Category, CategoryRef};
use crate::domain::content::ItemContent;
use crate::domain::item::Item;
use crate::domain::near::on_sphere;
use crate::domain::offer::{Offer, Terms};
use crate::domain::pickup::Pickup;

pub(super) fn category_of(row: category::Model) -> Result<Category, DbErr> {
    Ok(Category {
        id: CategoryId::new(row.id),
        slug: parsed("categories.slug", &row.slug)?,
        name: row.name,
        parent_id: row.parent_id.map(CategoryId::new),
        version: row.version,
    })
}

/// A row of `items` and what other tables say of it.
#[derive(Debug, FromQueryResult)]
pub(super) struct WholeItem {
    #[sea_orm(nested)]
    item: item::Model,
    category_slug: Option<String>,
    /// A list of texts in JSON; null is none.
    tags: Option<String>,
    /// As [`photos::as_json`] has them.
    photos: Option<String>,
}

pub(super) fn item_of(WholeItem { item: row, category_slug, tags, photos }: WholeItem) -> Result<Item, DbErr> {
    let tags = tags.map(|json| serde_json::from_str(&json)).transpose();
    let content = ItemContent {
        category: category_ref(row.category_id, category_slug)?,
        tags: tags.map_err(|error| impossible("item_tags", error))?.unwrap_or_default(),
        terms: terms_of(&row)?,
        condition: parsed("items.condition", &row.condition)?,
        approval: parsed("items.approval", &row.approval)?,
        status: parsed("items.status", &row.status)?,
        pickup: pickup_of(row.pickup_label, row.pickup_lat, row.pickup_lon, row.pickup_time_zone)?,
        name: row.name,
        description: row.description,
    };
    Ok(Item {
        id: ItemId::new(row.id),
        owner_id: UserId::new(row.owner_id),
        external_id: row.external_id,
        content,
        photos: photos::of_json(photos)?,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// An item that was retired may have lost its category. Nobody is shown what it was.
fn category_ref(id: Option<Uuid>, slug: Option<String>) -> Result<CategoryRef, DbErr> {
    let (id, slug) = (id.unwrap_or_default(), slug.unwrap_or_else(|| "none".to_owned()));
    Ok(CategoryRef { id: CategoryId::new(id), slug: parsed("categories.slug", &slug)? })
}

/// The row of an item, all columns set.
pub(super) fn row_of(item: &Item) -> Result<item::ActiveModel, DbErr> {
    let content = &item.content;
    let offer = columns_of(content.terms.offer)?;
    let pickup = content.pickup.as_ref();
    let point = pickup.map(|place| on_sphere(place.lat, place.lon));
    Ok(item::ActiveModel {
        id: Set(item.id.uuid()),
        owner_id: Set(item.owner_id.uuid()),
        external_id: Set(item.external_id.clone()),
        name: Set(content.name.clone()),
        name_key: Set(content.name_key()),
        description: Set(content.description.clone()),
        category_id: Set(Some(content.category.id.uuid())),
        condition: Set(content.condition.as_str().to_owned()),
        offer: Set(content.terms.offer.kind().as_str().to_owned()),
        units: Set(offer.units),
        daily_price_minor: Set(offer.daily_price_minor),
        deposit_minor: Set(offer.deposit_minor),
        price_minor: Set(offer.price_minor),
        currency: Set(content.terms.currency.as_str().to_owned()),
        max_loan_days: Set(offer.max_loan_days),
        buffer_hours: Set(offer.buffer_hours),
        stock: Set(offer.stock),
        approval: Set(content.approval.as_str().to_owned()),
        pickup_label: Set(pickup.map(|place| place.label.clone())),
        pickup_lat: Set(pickup.map(|place| place.lat)),
        pickup_lon: Set(pickup.map(|place| place.lon)),
        pickup_time_zone: Set(pickup.map(|place| place.time_zone.name().to_owned())),
        pickup_x: Set(point.map(|[x, _, _]| x)),
        pickup_y: Set(point.map(|[_, y, _]| y)),
        pickup_z: Set(point.map(|[_, _, z]| z)),
        status: Set(content.status.as_str().to_owned()),
        version: Set(item.version),
        created_at: Set(item.created_at),
        updated_at: Set(item.updated_at),
    })
}

fn terms_of(row: &item::Model) -> Result<Terms, DbErr> {
    let offer = match parsed("items.offer", &row.offer)? {
        OfferKind::Lend => Offer::Lend {
            units: number("items.units", row.units)?,
            daily_price: row.daily_price_minor,
            deposit: row.deposit_minor,
            max_loan_days: row.max_loan_days.map(|days| number("items.max_loan_days", days)).transpose()?,
            buffer_hours: number("items.buffer_hours", row.buffer_hours)?,
        },
        OfferKind::Sell => {
            Offer::Sell { stock: number("items.stock", row.stock.unwrap_or(0))?, price: row.price_minor.unwrap_or(0) }
        }
    };
    Ok(Terms { offer, currency: parsed("items.currency", &row.currency)? })
}

/// The columns that an offer decides.
#[derive(Default)]
struct OfferColumns {
    units: i32,
    daily_price_minor: Option<i64>,
    deposit_minor: Option<i64>,
    price_minor: Option<i64>,
    max_loan_days: Option<i32>,
    buffer_hours: i32,
    stock: Option<i32>,
}

fn columns_of(offer: Offer) -> Result<OfferColumns, DbErr> {
    Ok(match offer {
        Offer::Lend { units, daily_price, deposit, max_loan_days, buffer_hours } => OfferColumns {
            units: number("items.units", units)?,
            daily_price_minor: daily_price,
            deposit_minor: deposit,
            max_loan_days: max_loan_days.map(i32::from),
            buffer_hours: buffer_hours.into(),
            ..OfferColumns::default()
        },
        Offer::Sell { stock, price } => OfferColumns {
            price_minor: Some(price),
            stock: Some(number("items.stock", stock)?),
            ..OfferColumns::default()
        },
    })
}

fn pickup_of(
    label: Option<String>,
    lat: Option<f64>,
    lon: Option<f64>,
    time_zone: Option<String>,
) -> Result<Option<Pickup>, DbErr> {
    let (Some(label), Some(lat), Some(lon), Some(time_zone)) = (label, lat, lon, time_zone) else {
        return Ok(None);
    };
    Ok(Some(Pickup { label, lat, lon, time_zone: parsed("items.pickup_time_zone", &time_zone)? }))
}

pub(super) fn parsed<T: FromStr>(column: &str, text: &str) -> Result<T, DbErr> {
    text.parse().map_err(|_| impossible(column, text))
}

pub(super) fn number<T: TryFrom<U>, U: Copy + Display>(column: &str, value: U) -> Result<T, DbErr> {
    T::try_from(value).map_err(|_| impossible(column, value))
}

pub(super) fn impossible(column: &str, value: impl Display) -> DbErr {
    DbErr::Custom(format!("{column} cannot be {value}"))
}
