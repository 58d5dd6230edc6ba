use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::ItemId;

/// How many units of an item are free, day by day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Availability {
    pub item_id: ItemId,
    /// The zone in which the days begin and end: that of the item's pick-up place, or UTC.
    #[schema(example = "Europe/Vienna")]
    pub time_zone: String,
    /// Units that are with who has borrowed them, whatever they were promised for.
    #[serde(default)]
    pub in_use: u32,
    /// In their order, without gaps.
    pub days: Vec<DayAvailability>,
}

/// One day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DayAvailability {
    pub date: NaiveDate,
    /// Units that can be reserved for the whole day, or for what is left of it. For what is sold, pieces in stock.
    pub free: u32,
}
