use chrono::{DateTime, Utc};
use inventory_api::Period;
use payment_api::{OrderId, PaymentId, Provider};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{ItemId, Money, UserId};

use crate::{LineProgress, OrderState};

/// What a member has ordered, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Order {
    #[schema(value_type = String, format = Uuid)]
    pub id: OrderId,
    /// Unique, and higher than that of every order before it.
    pub number: i64,
    pub borrower_id: UserId,
    pub lines: Vec<OrderLine>,
    /// What the lines cost together.
    pub total: Money,
    /// What is held besides and given back with the things.
    pub deposit_total: Money,
    /// Who moves the money; null if it costs nothing.
    pub provider: Option<Provider>,
    /// Leads its payer and administrators to `/api/v1/payments/{id}`; null while none was asked for.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub payment_id: Option<PaymentId>,
    pub state: OrderState,
    /// Why it is in this state, in a sentence; null where the state says it all.
    pub state_reason: Option<String>,
    /// Whether nothing of it is under way: what the state says has happened in the inventory and to the money.
    pub settled: bool,
    /// Whether it waits for an administrator, because a step has failed for good.
    pub stuck: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Counts the changes, from 1.
    pub version: i64,
}

/// Some units of an item, as they were priced when the order was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderLine {
    pub item_id: ItemId,
    pub name: String,
    pub owner_id: UserId,
    pub units: u32,
    /// Null for what is sold or given.
    pub period: Option<Period>,
    /// For one unit and day, or one piece.
    pub unit_price: Money,
    pub amount: Money,
    /// For all units of the line.
    pub deposit: Money,
    pub progress: LineProgress,
}

/// What a reader of an order's events is told each time that it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderEvent {
    #[schema(value_type = String, format = Uuid)]
    pub order_id: OrderId,
    pub number: i64,
    pub state: OrderState,
    pub state_reason: Option<String>,
    pub settled: bool,
    pub stuck: bool,
    /// The order's version from which on this holds; the id of the event.
    pub version: i64,
    pub at: DateTime<Utc>,
}
