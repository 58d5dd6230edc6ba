use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use vocabulary::{Id, UserId};

/// The identity of a change of an item.
pub type ItemChangeId = Id<ItemChange>;

/// Who has changed what of an item, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ItemChange {
    pub id: ItemChangeId,
    pub kind: ChangeKind,
    /// The version that the item has had since then.
    pub version: i64,
    /// Who did it; null for the operator, who takes in files.
    pub by: Option<UserId>,
    pub at: DateTime<Utc>,
    /// What was otherwise before, by the names that requests have for it; null for a new item.
    #[schema(value_type = Option<Object>)]
    pub before: Option<BTreeMap<String, Value>>,
    /// The same as it has been since then; of a new item all of it.
    #[schema(value_type = Object)]
    pub after: BTreeMap<String, Value>,
}

/// What kind of change it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// The item is new.
    Created,
    /// Something of it is otherwise: its own fields, its photos, or one of its units.
    Changed,
    /// It was taken off for good.
    Retired,
}

impl ChangeKind {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Retired => "retired",
        }
    }
}
