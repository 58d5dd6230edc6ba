use chrono::{DateTime, Utc};
use inventory_api::{Condition, UnitId, UnitRequest};
use problem::{FieldErrors, Problem};
use vocabulary::ItemId;

use super::text;

/// Characters of a label.
const LONGEST_LABEL: usize = 60;

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
    /// The unit as a request describes it; what the request leaves out stays as it is.
    ///
    /// # Errors
    /// 422 with every bad field.
    pub(crate) fn described(self, request: &UnitRequest) -> Result<Self, Problem> {
        let mut errors = FieldErrors::default();
        let label = match &request.label {
            Some(label) => text::line(label, LONGEST_LABEL).map_err(|error| error.note(&mut errors, "/label")).ok(),
            None => Some(self.label.clone()),
        };
        let condition = match &request.condition {
            Some(word) => errors.parsed("/condition", "unknown_value", word.parse()),
            None => Some(self.condition),
        };
        let out_of_service = request.out_of_service.unwrap_or(false);
        let described = || Some(Self { label: label?, condition: condition?, out_of_service, ..self });
        errors.finish(described())
    }

    /// What an owner would send to say the same.
    pub(crate) fn document(&self) -> UnitRequest {
        UnitRequest {
            label: Some(self.label.clone()),
            condition: Some(self.condition.as_str().to_owned()),
            out_of_service: Some(self.out_of_service),
        }
    }

    /// A unit that has nothing of its own to say yet.
    pub(crate) fn plain(id: UnitId, item_id: ItemId, position: i32, condition: Condition, now: DateTime<Utc>) -> Self {
        let label = position.to_string();
        let out_of_service = false;
        Self { id, item_id, position, label, condition, out_of_service, version: 1, created_at: now, updated_at: now }
    }
}
