//! The inventory service: what is lent on which terms, but not what members wrote about it nor where it is picked up.

use super::Kind::{BigInt, Int, Pseudonym, Text, TimestampMicros};
use super::{Source, Table, column};

pub(crate) const INVENTORY: Source = Source { name: "inventory", tables: &[&CATEGORIES, &ITEMS, &RESERVATIONS] };

/// Categories are the operator's words, not a member's, so they keep their names.
const CATEGORIES: Table = Table {
    name: "categories",
    raw: "raw_categories",
    key: "id",
    columns: &[
        column("id", Pseudonym),
        column("slug", Text),
        column("name", Text),
        column("parent_id", Pseudonym),
        column("version", BigInt),
        column("created_at", TimestampMicros),
        column("updated_at", TimestampMicros),
    ],
};

const ITEMS: Table = Table {
    name: "items",
    raw: "raw_items",
    key: "id",
    columns: &[
        column("id", Pseudonym),
        column("owner_id", Pseudonym),
        column("category_id", Pseudonym),
        column("condition", Text),
        column("offer", Text),
        column("units", Int),
        column("daily_price_minor", BigInt),
        column("deposit_minor", BigInt),
        column("price_minor", BigInt),
        column("currency", Text),
        column("max_loan_days", Int),
        column("stock", Int),
        column("approval", Text),
        column("status", Text),
        column("version", BigInt),
        column("created_at", TimestampMicros),
        column("updated_at", TimestampMicros),
    ],
};

const RESERVATIONS: Table = Table {
    name: "reservations",
    raw: "raw_reservations",
    key: "id",
    columns: &[
        column("id", Pseudonym),
        column("item_id", Pseudonym),
        column("borrower_id", Pseudonym),
        column("units", Int),
        column("starts_at", TimestampMicros),
        column("ends_at", TimestampMicros),
        column("state", Text),
        column("version", BigInt),
        column("created_at", TimestampMicros),
        column("updated_at", TimestampMicros),
    ],
};
