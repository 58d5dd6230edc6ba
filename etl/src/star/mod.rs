//! The star: dimensions and facts as views over the raw tables.
//!
//! They are views rather than tables because a table would have to be rewritten where a late change closes an older row, and
//! because one definition cannot disagree with itself: what a view says follows from the append-only rows and nothing else.
//! The price is a sort of the rows of every key that changed since its table was last read whole; of the others, mostly by far
//! the most, all there is to know is in one row each.

mod meanings;

pub use meanings::meaning;

use crate::source::{Table, tables};

/// What each table's rows are divided into, and what is known of its keys now.
const OF_EACH_TABLE: [(&str, &str); 3] = [
    ("settled", include_str!("settled.sql")),
    ("moved", include_str!("moved.sql")),
    ("newest", include_str!("newest.sql")),
];

const STAR: [(&str, &str); 12] = [
    ("newest_load", include_str!("newest_load.sql")),
    ("dim_date", include_str!("dim_date.sql")),
    ("dim_user", include_str!("dim_user.sql")),
    ("dim_category", include_str!("dim_category.sql")),
    ("item_change", include_str!("item_change.sql")),
    ("dim_item", include_str!("dim_item.sql")),
    ("fact_item_event", include_str!("fact_item_event.sql")),
    ("fact_reservation", include_str!("fact_reservation.sql")),
    ("fact_booking_day", include_str!("fact_booking_day.sql")),
    ("fact_order", include_str!("fact_order.sql")),
    ("fact_order_line", include_str!("fact_order_line.sql")),
    ("fact_payment", include_str!("fact_payment.sql")),
];

/// The views and their SQL, in the order they build on each other.
pub(crate) fn views() -> impl Iterator<Item = (String, String)> {
    tables().flat_map(of_table).chain(STAR.map(|(name, sql)| (name.to_owned(), sql.to_owned())))
}

/// What one table's rows are divided into, and what is known of its keys now.
pub(crate) fn of_table(table: &Table) -> [(String, String); 3] {
    OF_EACH_TABLE.map(|(name, sql)| {
        let sql = sql.replace("{table}", table.name).replace("{key}", table.key);
        (format!("{name}_{}", table.name), sql)
    })
}
