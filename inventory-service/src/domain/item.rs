use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use inventory_api::ItemStatus;
use vocabulary::{ItemId, UserId};

use super::content::ItemContent;
use super::offer::Offer;
use super::period::LoanRules;
use super::photo::Photo;

/// Days that an item may be out unless its owner says it: a year, leap years included.
const LONGEST_LOAN_DAYS: u16 = 366;

/// A thing on offer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) id: ItemId,
    pub(crate) owner_id: UserId,
    /// The name of the item in the owner's own lists, by which an import finds it again.
    pub(crate) external_id: Option<String>,
    pub(crate) content: ItemContent,
    /// In the owner's order; the first stands for the item.
    pub(crate) photos: Vec<Photo>,
    /// Counts changes, from 1.
    pub(crate) version: i64,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl Item {
    /// A new item of `owner_id`.
    pub(crate) fn new(id: ItemId, owner_id: UserId, content: ItemContent, now: DateTime<Utc>) -> Self {
        Self {
            id,
            owner_id,
            external_id: None,
            content,
            photos: Vec::new(),
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.content.status == ItemStatus::Retired
    }

    /// What it asks of loans; none for what is sold.
    pub(crate) fn loan_rules(&self) -> Option<LoanRules> {
        let Offer::Lend { max_loan_days, buffer_hours, .. } = self.content.terms.offer else {
            return None;
        };
        let max_days = max_loan_days.unwrap_or(LONGEST_LOAN_DAYS);
        Some(LoanRules { time_zone: self.time_zone(), max_days, buffer: TimeDelta::hours(buffer_hours.into()) })
    }

    /// The zone in which its days begin and end.
    pub(crate) fn time_zone(&self) -> Tz {
        self.content.pickup.as_ref().map_or(Tz::UTC, |place| place.time_zone)
    }

    /// The item with other content, as its next version.
    #[must_use]
    pub(crate) fn changed(self, content: ItemContent, now: DateTime<Utc>) -> Self {
        Self { content, version: self.version + 1, updated_at: now, ..self }
    }

    /// The item with other photos, as its next version.
    #[must_use]
    pub(crate) fn with_photos(self, photos: Vec<Photo>, now: DateTime<Utc>) -> Self {
        Self { photos, version: self.version + 1, updated_at: now, ..self }
    }

    /// The item with another number of units, as its next version. What is sold has none and stays as it is.
    #[must_use]
    pub(crate) fn with_units(mut self, count: u32, now: DateTime<Utc>) -> Self {
        if let Offer::Lend { units, .. } = &mut self.content.terms.offer {
            *units = count;
        }
        let content = self.content.clone();
        self.changed(content, now)
    }

    /// The item taken off for good, as its next version.
    #[must_use]
    pub(crate) fn retired(self, now: DateTime<Utc>) -> Self {
        let content = ItemContent { status: ItemStatus::Retired, ..self.content.clone() };
        self.changed(content, now)
    }
}
