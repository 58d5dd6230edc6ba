use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::Id;

use crate::Condition;

/// The identity of a unit.
pub type UnitId = Id<Unit>;

/// One of the things that an item stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unit {
    pub id: UnitId,
    /// What is written on it, such as an inventory number.
    #[schema(example = "Drill 3")]
    pub label: String,
    pub condition: Condition,
    /// Whether it is kept from being lent, because it is broken or being looked after.
    pub out_of_service: bool,
    /// The number that `If-Match` names, in quotes.
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What an owner says of a unit: the body of POST, and the document that a PATCH merges into.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UnitRequest {
    /// 1 to 60 characters; a number unless it is given.
    #[schema(min_length = 1, max_length = 60, example = "Drill 3")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// That of the item unless it is given.
    #[schema(value_type = Option<Condition>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// False unless it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_of_service: Option<bool>,
}
