use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Id, ItemId, Money, UserId};

use crate::{Approval, Condition, ItemStatus, OfferKind};

/// A thing on offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Item {
    pub id: ItemId,
    pub owner_id: UserId,
    pub name: String,
    pub description: String,
    /// The slug of its category.
    #[schema(example = "power-tools")]
    pub category: String,
    pub tags: Vec<String>,
    pub condition: Condition,
    pub offer: OfferKind,
    /// How many of it can be out at once; null unless it is lent.
    pub units: Option<u32>,
    /// For one unit and day; null is free of charge.
    pub daily_price: Option<Money>,
    /// For one unit, given back with it.
    pub deposit: Option<Money>,
    pub max_loan_days: Option<u16>,
    /// Hours for which a unit is kept back after each loan, to be looked over; null unless it is lent.
    pub buffer_hours: Option<u16>,
    /// How many are left; null unless it is sold.
    pub stock: Option<u32>,
    /// For one piece, of which 0 is a gift; null unless it is sold.
    pub price: Option<Money>,
    pub approval: Approval,
    /// Where it is fetched and brought back.
    pub pickup: Option<Pickup>,
    pub photos: Vec<Photo>,
    pub status: ItemStatus,
    /// The number in the `ETag`.
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A place where things change hands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Pickup {
    #[schema(example = "Library, back door")]
    pub label: String,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// The IANA zone in which its days begin and end.
    #[schema(example = "Europe/Vienna")]
    pub time_zone: String,
}

/// The identity of a photo.
pub type PhotoId = Id<Photo>;

/// A picture of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Photo {
    pub id: PhotoId,
    #[schema(example = "/api/v1/photos/0190163d-8694-739b-aea5-966c26f8ad90")]
    pub url: String,
    #[schema(example = "/api/v1/photos/0190163d-8694-739b-aea5-966c26f8ad90/thumbnail")]
    pub thumbnail_url: String,
    /// What is to be seen, for those who cannot see it; empty where nobody has said.
    pub alt: String,
    /// Of the larger picture, in pixels.
    pub width: u32,
    pub height: u32,
}

/// All photos of an item in a new order, each with what is said of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ArrangePhotosRequest {
    /// Each photo of the item once; the first stands for the item in lists.
    #[schema(required, nullable = false)]
    pub photos: Option<Vec<PhotoRequest>>,
}

/// One photo of the order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PhotoRequest {
    #[schema(required, nullable = false, value_type = uuid::Uuid)]
    pub id: Option<String>,
    /// What is to be seen, at most 300 characters.
    #[schema(max_length = 300)]
    pub alt: Option<String>,
}

/// What an owner says of an item: the body of POST and of PUT, and the document that a PATCH merges into. `name` and
/// `category` are required. Fields are optional and words are plain text here so that all bad ones are reported at once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CreateItemRequest {
    /// 1 to 120 characters.
    #[schema(required, nullable = false, min_length = 1, max_length = 120, example = "Cordless drill")]
    pub name: Option<String>,
    /// The slug of a category that exists.
    #[schema(required, nullable = false, example = "power-tools")]
    pub category: Option<String>,
    /// At most 10,000 characters.
    #[schema(max_length = 10_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// At most 20, each of 1 to 40 characters.
    #[schema(max_items = 20)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// `good` unless it is given.
    #[schema(value_type = Option<Condition>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// `lend` unless it is given.
    #[schema(value_type = Option<OfferKind>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<String>,
    /// 1 to 1,000; for `lend` only, where it is 1 unless it is given.
    #[schema(minimum = 1, maximum = 1000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<i64>,
    /// For `lend` only. All amounts of an item have one currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_price: Option<MoneyRequest>,
    /// For `lend` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit: Option<MoneyRequest>,
    /// 1 to 366; for `lend` only.
    #[schema(minimum = 1, maximum = 366)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_loan_days: Option<i64>,
    /// 0 to 168 (a week); for `lend` only, where it is 0 unless it is given.
    #[schema(minimum = 0, maximum = 168)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buffer_hours: Option<i64>,
    /// 0 to 1,000,000; required for `sell`, which alone has it.
    #[schema(minimum = 0, maximum = 1_000_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock: Option<i64>,
    /// Required for `sell`, which alone has it; 0 is a gift.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<MoneyRequest>,
    /// `auto` unless it is given.
    #[schema(value_type = Option<Approval>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pickup: Option<PickupRequest>,
    /// `draft`, `listed` or `paused`; `listed` unless it is given. DELETE retires an item.
    #[schema(value_type = Option<ItemStatus>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// What an item is from now on: what is left out goes back to its default.
pub type ReplaceItemRequest = CreateItemRequest;

/// An amount of at most 1,000,000,000,000 minor units. Both fields are required.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MoneyRequest {
    /// Minor units of the currency (cents for EUR, yen for JPY).
    #[schema(required, nullable = false, minimum = 0, maximum = 1_000_000_000_000_i64, example = 450)]
    pub amount_minor: Option<i64>,
    /// An ISO 4217 code.
    #[schema(required, nullable = false, pattern = "^[A-Z]{3}$", example = "EUR")]
    pub currency: Option<String>,
}

/// A place where things change hands. All fields are required.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PickupRequest {
    /// 1 to 120 characters.
    #[schema(required, nullable = false, min_length = 1, max_length = 120, example = "Library, back door")]
    pub label: Option<String>,
    /// Degrees north.
    #[schema(required, nullable = false, minimum = -90.0, maximum = 90.0, example = 48.2)]
    pub lat: Option<f64>,
    /// Degrees east.
    #[schema(required, nullable = false, minimum = -180.0, maximum = 180.0, example = 16.37)]
    pub lon: Option<f64>,
    /// An IANA zone.
    #[schema(required, nullable = false, example = "Europe/Vienna")]
    pub time_zone: Option<String>,
}

impl From<Money> for MoneyRequest {
    fn from(money: Money) -> Self {
        Self { amount_minor: Some(money.amount_minor), currency: Some(money.currency.into()) }
    }
}
