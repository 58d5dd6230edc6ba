//! The order service: what was ordered on which terms and how it went, but no token of a payment, no reason somebody gave, no
//! name of a thing and no note of its state.

use super::Kind::{Integer, Pseudonym, Text, TimestampMicros};
use super::{Source, Table, column, view};

pub(crate) const ORDERS: Source = Source {
    name: "orders",
    tables: &[&TABLE, &LINES],
    views: &[
        view("fact_order", include_str!("../star/fact_order.sql")),
        view("fact_order_line", include_str!("../star/fact_order_line.sql")),
    ],
};

const TABLE: Table = Table {
    name: "orders",
    raw: "raw_orders",
    key: "id",
    columns: &[
        column("id", Pseudonym),
        column("borrower_id", Pseudonym),
        column("currency", Text),
        column("total_minor", Integer),
        column("deposit_minor", Integer),
        column("provider", Text),
        column("state", Text),
        column("version", Integer),
        column("created_at", TimestampMicros),
        column("updated_at", TimestampMicros),
    ],
    withheld: &[
        "number",
        "payment_id",
        "payment_token",
        "state_reason",
        "stuck",
        "deadline",
        "due_at",
        "leased_until",
        "leased_by",
    ],
    members: &["borrower_id"],
};

const LINES: Table = Table {
    name: "order_lines",
    raw: "raw_order_lines",
    key: "id",
    columns: &[
        column("id", Pseudonym),
        column("order_id", Pseudonym),
        column("item_id", Pseudonym),
        column("owner_id", Pseudonym),
        column("position", Integer),
        column("units", Integer),
        column("starts_at", TimestampMicros),
        column("ends_at", TimestampMicros),
        column("unit_price_minor", Integer),
        column("amount_minor", Integer),
        column("deposit_minor", Integer),
        column("progress", Text),
    ],
    withheld: &["name", "check_out_note", "return_note"],
    members: &["owner_id"],
};
