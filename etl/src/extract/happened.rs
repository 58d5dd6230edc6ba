use super::Changed;
use crate::source::Table;

/// What has happened to one table since a watermark, below that of the snapshot: its name, whether anything did, whether it was
/// truncated, whether a row was changed of which no image was kept, and whether there is a mark of a day, wherever in the
/// snapshot. Marks are of the table without a name.
pub(super) type Happened = (String, bool, bool, bool, bool);

/// Whether changes tell by themselves what became of a row: then none of them has to be left out, nor the last one looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Images {
    OfAll,
    OfSome,
}

/// What has happened to all tables since a watermark.
#[derive(Debug)]
pub(super) struct Since {
    tables: Vec<Happened>,
    /// Whether the service may have removed changes that were not read.
    pub(super) is_trimmed: bool,
}

impl Since {
    pub(super) fn of(tables: Vec<Happened>) -> Self {
        Self { tables, is_trimmed: false }
    }

    /// Changes are removed up to a mark: where there are marks and changes, and no mark is from before, some may be gone.
    pub(super) fn may_be_trimmed(&self) -> bool {
        let is_marked = self.tables.iter().any(|(.., is_marked)| *is_marked);
        is_marked && self.tables.iter().any(|(name, ..)| !name.is_empty())
    }

    pub(super) fn changed(&self, table: &Table) -> Changed {
        match self.table(table) {
            _ if self.is_trimmed => Changed::Everything,
            Some((_, _, true, ..)) => Changed::Everything,
            Some((_, true, ..)) => Changed::Rows,
            _ => Changed::Nothing,
        }
    }

    pub(super) fn images(&self, table: &Table) -> Images {
        if let Some((_, _, _, false, _)) = self.table(table) { Images::OfAll } else { Images::OfSome }
    }

    fn table(&self, table: &Table) -> Option<&Happened> {
        self.tables.iter().find(|(name, ..)| name == table.name)
    }
}
