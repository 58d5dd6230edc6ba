//! The star: dimensions and facts as views over the raw tables.
//!
//! They are views rather than tables because a table would have to be rewritten where a late change closes an older row, and
//! because one definition cannot disagree with itself: what a view says follows from the append-only rows and nothing else.
//! The price is a sort of the raw rows for each query.

/// The views in the order they build on each other.
pub(crate) const VIEWS: [(&str, &str); 11] = [
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
