use super::Changed;
use crate::source::Table;

/// What a database says of the changes of one table: its name, which is empty for marks of days, and then, below the watermark of the
/// snapshot, whether there are any, whether one truncated the table, and whether one left no image of its row; at last whether
/// one is a mark of a day, wherever in the snapshot.
pub(super) type Told = (String, bool, bool, bool, bool);

/// Whether changes tell by themselves what became of a row: then none of them has to be left out, nor the last one looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Images {
    OfAll,
    OfSome,
}

/// What has happened since a watermark.
#[derive(Debug)]
pub(super) struct Since {
    tables: Vec<Happened>,
    is_marked: bool,
    /// Whether the service may have removed changes that were not read.
    pub(super) is_trimmed: bool,
}

/// What has happened to one table.
#[derive(Debug)]
struct Happened {
    table: String,
    is_changed: bool,
    is_truncated: bool,
    lacks_image: bool,
}

impl Since {
    pub(super) fn of(told: Vec<Told>) -> Self {
        let is_marked = told.iter().any(|(.., is_marked)| *is_marked);
        let of_tables = told.into_iter().filter(|(table, ..)| !table.is_empty());
        let tables = of_tables
            .map(|(table, is_changed, is_truncated, lacks_image, _)| Happened {
                table,
                is_changed,
                is_truncated,
                lacks_image,
            })
            .collect();
        Self { tables, is_marked, is_trimmed: false }
    }

    /// Changes are removed up to a mark: where there are marks and changes, and no mark is from before, some may be gone.
    pub(super) fn may_be_trimmed(&self) -> bool {
        self.is_marked && !self.tables.is_empty()
    }

    pub(super) fn changed(&self, table: &Table) -> Changed {
        match self.table(table) {
            _ if self.is_trimmed => Changed::Everything,
            Some(Happened { is_truncated: true, .. }) => Changed::Everything,
            Some(Happened { is_changed: true, .. }) => Changed::Rows,
            _ => Changed::Nothing,
        }
    }

    pub(super) fn images(&self, table: &Table) -> Images {
        if self.table(table).is_some_and(|happened| !happened.lacks_image) { Images::OfAll } else { Images::OfSome }
    }

    fn table(&self, table: &Table) -> Option<&Happened> {
        self.tables.iter().find(|happened| happened.table == table.name)
    }
}
