use inventory_api::{OfferKind, Period};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{ItemId, Money, UserId};

/// What a member has set their mind on. Nothing of it is set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cart {
    /// In the order in which they were put in.
    pub lines: Vec<CartLine>,
}

/// Some units of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartLine {
    pub item_id: ItemId,
    /// How many units, or pieces of what is sold.
    pub units: u32,
    /// When they are wanted; null for what is sold or given.
    pub period: Option<Period>,
}

/// What a cart would cost if it were ordered now, and whether it could be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quote {
    /// What could be ordered, if it is free.
    pub lines: Vec<QuoteLine>,
    /// What cannot be ordered as it is, whether or not it is free.
    pub refused: Vec<RefusedLine>,
    /// What `lines` cost together.
    pub total: Money,
    /// What is held besides and given back with the things.
    pub deposit_total: Money,
    /// Whether all of the cart could be ordered and is free now. Nothing is held: it may be gone a moment later.
    pub available: bool,
}

/// A line of a cart without a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedLine {
    pub item_id: ItemId,
    pub units: u32,
    pub period: Option<Period>,
    /// Why it cannot be ordered, in a sentence or more.
    pub obstacle: String,
}

/// One line of a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuoteLine {
    pub item_id: ItemId,
    pub name: String,
    pub owner_id: UserId,
    pub offer: OfferKind,
    pub units: u32,
    pub period: Option<Period>,
    /// Begun days, as clocks at the pick-up place count them; null for what is sold.
    pub days: Option<u32>,
    /// For one unit and day, or one piece.
    pub unit_price: Money,
    /// Days times units times the price of one.
    pub amount: Money,
    /// For all units of the line.
    pub deposit: Money,
    /// Whether its owner has to agree first.
    pub needs_approval: bool,
    /// How many could be had now.
    pub free: u32,
    /// Why the line cannot be had as it stands; null if it can.
    pub obstacle: Option<String>,
}
