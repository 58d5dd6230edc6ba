//! The inventory service: what is lent on which terms, but not what members wrote about it nor where it is picked up.

use super::Kind::{Integer, Pseudonym, Text, TimestampMicros};
use super::{Source, Table, column, view};

pub(crate) const INVENTORY: Source = Source {
    name: "inventory",
    tables: &[&CATEGORIES, &ITEMS, &RESERVATIONS],
    views: &[
        view("dim_category", include_str!("../star/dim_category.sql")),
        view("item_change", include_str!("../star/item_change.sql")),
        view("dim_item", include_str!("../star/dim_item.sql")),
        view("fact_item_event", include_str!("../star/fact_item_event.sql")),
        view("fact_reservation", include_str!("../star/fact_reservation.sql")),
        view("fact_booking_day", include_str!("../star/fact_booking_day.sql")),
    ],
};

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
        column("version", Integer),
        column("created_at", TimestampMicros),
        column("updated_at", TimestampMicros),
    ],
    withheld: &[],
    members: &[],
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
        column("units", Integer),
        column("daily_price_minor", Integer),
        column("deposit_minor", Integer),
        column("price_minor", Integer),
        column("currency", Text),
        column("max_loan_days", Integer),
        column("stock", Integer),
        column("approval", Text),
        column("status", Text),
        column("version", Integer),
        column("created_at", TimestampMicros),
        column("updated_at", TimestampMicros),
    ],
    withheld: &[
        "external_id",
        "name",
        "name_key",
        "description",
        "daily_price_order",
        "buffer_hours",
        "pickup_label",
        "pickup_lat",
        "pickup_lon",
        "pickup_time_zone",
        "pickup_x",
        "pickup_y",
        "pickup_z",
    ],
    members: &["owner_id"],
};

const RESERVATIONS: Table = Table {
    name: "reservations",
    raw: "raw_reservations",
    key: "id",
    columns: &[
        column("id", Pseudonym),
        column("item_id", Pseudonym),
        column("borrower_id", Pseudonym),
        column("units", Integer),
        column("starts_at", TimestampMicros),
        column("ends_at", TimestampMicros),
        column("state", Text),
        column("version", Integer),
        column("created_at", TimestampMicros),
        column("updated_at", TimestampMicros),
    ],
    withheld: &["expires_at", "check_out_note", "return_note"],
    members: &["borrower_id"],
};
