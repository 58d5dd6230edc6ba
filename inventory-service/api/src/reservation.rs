use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Id, ItemId, UserId};

use crate::UnitId;

/// The identity of a reservation: the `Idempotency-Key` that it was asked for with.
pub type ReservationId = Id<Reservation>;

/// Units of an item set aside for one borrower, or pieces of a stock for one buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reservation {
    pub id: ReservationId,
    pub item_id: ItemId,
    pub borrower_id: UserId,
    /// How many units, or pieces of a stock.
    pub units: u32,
    /// When the borrower has them; null for what is sold.
    pub period: Option<Period>,
    pub state: ReservationState,
    /// When a hold ends by itself; null once it was confirmed.
    pub expires_at: Option<DateTime<Utc>>,
    /// The units that are meant. Until they are checked out, others of the same item may take their place. Empty for what
    /// is sold.
    pub unit_ids: Vec<UnitId>,
    /// What was noted on their condition when they were handed over.
    pub check_out_note: Option<String>,
    /// What was noted on their condition when they came back.
    pub return_note: Option<String>,
    /// Counts the transitions, from 1.
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// The time between two instants, the second of which no longer belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Period {
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
}

/// Where a reservation stands: held, confirmed, checked out, returned; or before it was checked out, released or expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReservationState {
    /// Set aside until `expires_at`.
    Held,
    /// Promised.
    Confirmed,
    /// With the borrower; for what is sold, with its new owner.
    CheckedOut,
    /// Back.
    Returned,
    /// Given up.
    Released,
    /// A hold that was not confirmed in time.
    Expired,
}

/// Sets units or pieces aside. Fields are optional here so that all missing ones are reported at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HoldRequest {
    #[schema(required, nullable = false)]
    pub item_id: Option<ItemId>,
    /// 1 to 1,000 units, or to 1,000,000 pieces; 1 unless it is given.
    #[schema(nullable = false, minimum = 1, maximum = 1_000_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<i64>,
    /// Required for what is lent; what is sold has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<PeriodRequest>,
    #[schema(required, nullable = false)]
    pub borrower_id: Option<UserId>,
    /// Seconds until the hold ends by itself, 1 to 604,800 (a week); 900 unless it is given.
    #[schema(nullable = false, minimum = 1, maximum = 604_800)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<i64>,
}

/// A period as it is asked for. Both fields are required.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PeriodRequest {
    /// Not in the past, and at most two years ahead.
    #[schema(required, nullable = false)]
    pub start: Option<DateTime<Utc>>,
    /// After the start, by at most the item's `max_loan_days` in its own time zone, or 366 days.
    #[schema(required, nullable = false)]
    pub end: Option<DateTime<Utc>>,
}

/// Makes a hold last longer than it would.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExtendRequest {
    /// Seconds from now on, 1 to 604,800 (a week). A hold that lasts longer already stays as it is.
    #[schema(required, nullable = false, minimum = 1, maximum = 604_800)]
    pub ttl_seconds: Option<i64>,
}

/// Hands things over or takes them back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HandOverRequest {
    /// On the condition of what changes hands, at most 2,000 characters.
    #[schema(max_length = 2_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How many could be reserved now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Free {
    /// Units for the whole period, or pieces of the stock.
    pub free: u32,
}

impl From<Period> for PeriodRequest {
    fn from(period: Period) -> Self {
        Self { start: Some(period.start), end: Some(period.end) }
    }
}

impl ReservationState {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Held, Self::Confirmed, Self::CheckedOut, Self::Returned, Self::Released, Self::Expired];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Confirmed => "confirmed",
            Self::CheckedOut => "checked_out",
            Self::Returned => "returned",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }
}
