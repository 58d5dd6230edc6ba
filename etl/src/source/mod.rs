//! What leaves a service: default deny, column by column.
//!
//! Each source database has one module with its tables. A column that is not listed there is never read, so that a new
//! column of a service stays inside it until somebody decides otherwise.

mod inventory;
mod users;

pub(crate) use inventory::INVENTORY;
pub(crate) use users::USERS;

/// The database of one service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    /// As messages and watermarks name it.
    pub(crate) name: &'static str,
    pub(crate) tables: &'static [&'static Table],
}

/// A table of a service, as the warehouse knows it.
#[derive(Debug)]
pub(crate) struct Table {
    /// Its name in the service.
    pub(crate) name: &'static str,
    /// Its name in the warehouse.
    pub(crate) raw: &'static str,
    /// The key, a UUID; it is also the first of `columns`.
    pub(crate) key: &'static str,
    pub(crate) columns: &'static [Column],
}

/// One column on the allow-list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

/// What a column holds, in the warehouse's own terms: delta-rs would coerce an integer into a text column in silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A UUID, kept as its keyed hash.
    Pseudonym,
    Text,
    /// 32 bits.
    Int,
    /// 64 bits.
    BigInt,
    /// Microseconds, UTC.
    TimestampMicros,
}

/// Every table of every source.
pub(crate) fn tables() -> impl Iterator<Item = &'static Table> {
    USERS.tables.iter().chain(INVENTORY.tables).copied()
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_name_a_person_or_a_place_is_on_no_list() {
        let forbidden =
            ["email", "password", "display_name", "name", "description", "external_id", "pickup", "token", "hash"];
        for table in tables().filter(|table| table.name != "categories") {
            for column in table.columns {
                let found = forbidden.iter().find(|word| column.name.contains(**word));
                assert_eq!(found, None, "{}.{}", table.name, column.name);
            }
        }
    }

    #[test]
    fn every_id_is_a_pseudonym() {
        for column in tables().flat_map(|table| table.columns) {
            let is_id = column.name == "id" || column.name.ends_with("_id");
            assert_eq!(is_id, column.kind == Kind::Pseudonym, "{}", column.name);
        }
    }
}
