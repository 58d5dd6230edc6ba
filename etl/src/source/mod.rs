//! What leaves a service: default deny, column by column.
//!
//! Each source database has one module with its tables and the views of the star that they feed. A column that is not listed
//! there is never read, so that a new column of a service stays inside it until somebody decides otherwise.

mod inventory;
mod orders;
mod payments;
mod users;

pub(crate) use inventory::INVENTORY;
pub(crate) use orders::ORDERS;
pub(crate) use payments::PAYMENTS;
pub(crate) use users::USERS;

/// In the order in which a run reads them.
pub(crate) const SOURCES: [Source; 4] = [USERS, INVENTORY, ORDERS, PAYMENTS];

/// The database of one service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    /// As messages and watermarks name it.
    pub(crate) name: &'static str,
    pub(crate) tables: &'static [&'static Table],
    /// The dimensions and facts that it feeds, each of which may build on those before it, and on those of sources before this.
    pub(crate) views: &'static [View],
}

/// A dimension or a fact.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    pub(crate) name: &'static str,
    /// Its definition, in the SQL of DataFusion.
    pub(crate) sql: &'static str,
}

/// A table of a service, as the warehouse knows it.
#[derive(Debug)]
pub(crate) struct Table {
    /// Its name in the service.
    pub(crate) name: &'static str,
    /// Its name in the warehouse.
    pub(crate) raw: &'static str,
    /// The key, a UUID or a number; it is also the first of `columns`.
    pub(crate) key: &'static str,
    /// Those that leave the service. What is added later comes last, as it does in the tables there are.
    pub(crate) columns: &'static [Column],
    /// The columns of which somebody has decided that they stay in the service. What is on neither list is new.
    pub(crate) withheld: &'static [&'static str],
    /// The columns that name a member, who may be erased.
    pub(crate) members: &'static [&'static str],
}

impl Table {
    /// What the key is.
    pub(crate) fn key_kind(&self) -> Kind {
        self.columns.first().map_or(Kind::Pseudonym, |column| column.kind)
    }
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
    /// 64 bits, however few the service takes: one that is widened there still fits here.
    Integer,
    /// Microseconds, UTC.
    TimestampMicros,
}

/// Every table of every source.
pub(crate) fn tables() -> impl Iterator<Item = &'static Table> {
    SOURCES.into_iter().flat_map(|source| source.tables).copied()
}

const fn view(name: &'static str, sql: &'static str) -> View {
    View { name, sql }
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
    fn the_first_column_is_the_key_and_no_column_is_on_both_lists() {
        for table in tables() {
            assert_eq!(table.columns[0].name, table.key, "{}", table.name);
            for column in table.columns {
                assert!(!table.withheld.contains(&column.name), "{}.{}", table.name, column.name);
            }
        }
    }

    #[test]
    fn whatever_names_a_member_can_be_erased() {
        for table in tables() {
            for column in table
                .columns
                .iter()
                .filter(|column| ["owner_id", "borrower_id", "payer_id", "user_id"].contains(&column.name))
            {
                assert!(table.members.contains(&column.name), "{}.{}", table.name, column.name);
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
