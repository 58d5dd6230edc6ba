use inventory_api::{Period, ReservationId};
use order_api::LineProgress;
use vocabulary::{ItemId, UserId};

/// Some units of an item, as they were priced when the order was placed. Amounts are in minor units of the order's currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) item_id: ItemId,
    pub(crate) name: String,
    pub(crate) owner_id: UserId,
    pub(crate) units: u32,
    /// None for what is sold or given.
    pub(crate) period: Option<Period>,
    pub(crate) unit_price: i64,
    pub(crate) amount: i64,
    pub(crate) deposit: i64,
    /// Chosen when the order is placed, so that it can be released without having seen an answer.
    pub(crate) reservation_id: ReservationId,
    pub(crate) progress: LineProgress,
    /// What was noted when it was handed over.
    pub(crate) check_out_note: Option<String>,
    /// What was noted when it came back.
    pub(crate) return_note: Option<String>,
}

impl Line {
    /// Whether it comes back.
    pub(crate) fn is_lent(&self) -> bool {
        self.period.is_some()
    }

    /// Whether nothing more is expected of it once it is at this progress.
    pub(crate) fn is_over(&self) -> bool {
        match self.progress {
            LineProgress::Asked | LineProgress::Agreed => false,
            LineProgress::HandedOver => !self.is_lent(),
            LineProgress::Back | LineProgress::NotFetched => true,
        }
    }
}
