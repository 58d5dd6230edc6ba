use chrono::{DateTime, Utc};
use inventory_api::{Condition, UnitId};
use vocabulary::ItemId;

/// One of the things that an item stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) id: UnitId,
    pub(crate) item_id: ItemId,
    /// Its place among the units of its item; no two ever have the same.
    pub(crate) position: i32,
    pub(crate) label: String,
    pub(crate) condition: Condition,
    pub(crate) out_of_service: bool,
    /// Counts changes, from 1.
    pub(crate) version: i64,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl Unit {
    /// A unit that has nothing of its own to say yet.
    pub(crate) fn plain(id: UnitId, item_id: ItemId, position: i32, condition: Condition, now: DateTime<Utc>) -> Self {
        let label = position.to_string();
        let out_of_service = false;
        Self { id, item_id, position, label, condition, out_of_service, version: 1, created_at: now, updated_at: now }
    }
}
