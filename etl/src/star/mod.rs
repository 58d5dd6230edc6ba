//! The star: dimensions and facts as views over the raw tables.
//!
//! They are views rather than tables because a table would have to be rewritten where a late change closes an older row, and
//! because one definition cannot disagree with itself: what a view says follows from the append-only rows and nothing else.
//! The price is a sort of the rows of every key that changed since its table was last read whole; of the others, mostly by far
//! the most, all there is to know is in one row each.

mod meanings;

pub use meanings::meaning;

use crate::source::{SOURCES, Table, View, tables};

/// What each table's rows are divided into, and what is known of its keys now.
const OF_EACH_TABLE: [(&str, &str); 3] = [
    ("settled", include_str!("settled.sql")),
    ("moved", include_str!("moved.sql")),
    ("newest", include_str!("newest.sql")),
];

/// What belongs to no source.
const OF_ALL: [View; 2] = [
    View { name: "newest_load", sql: include_str!("newest_load.sql") },
    View { name: "dim_date", sql: include_str!("dim_date.sql") },
];

/// The views and their SQL, in the order they build on each other.
pub(crate) fn views() -> impl Iterator<Item = (String, String)> {
    let of_sources = SOURCES.into_iter().flat_map(|source| source.views).copied();
    let star = OF_ALL.into_iter().chain(of_sources).map(|View { name, sql }| (name.to_owned(), sql.to_owned()));
    tables().flat_map(of_table).chain(star)
}

/// What one table's rows are divided into, and what is known of its keys now.
pub(crate) fn of_table(table: &Table) -> [(String, String); 3] {
    OF_EACH_TABLE.map(|(name, sql)| {
        let sql = sql.replace("{table}", table.name).replace("{key}", table.key);
        (format!("{name}_{}", table.name), sql)
    })
}
