use std::collections::HashMap;

use inventory_api::RowError;
use vocabulary::{ItemId, UserId};

use super::column::Column;
use super::table::Row;
use crate::app::AppError;
use crate::db;
use crate::db::imports::Marks;
use crate::domain::category::CategoryRef;
use crate::domain::content::LONGEST_NAME;
use crate::domain::item::Item;
use crate::domain::slug::Slug;
use crate::domain::text;

/// Characters of an external id: more than any identifier that people copy by hand.
const LONGEST_EXTERNAL_ID: usize = 200;

/// By what a row is found again: the owner's own id, or else name and category.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    External(String),
    Named(String, Slug),
}

impl Key {
    pub(super) fn of(row: &Row, category: &CategoryRef) -> Result<Self, RowError> {
        if let Some(id) = row.filled(Column::ExternalId) {
            return line(row, Column::ExternalId, id, LONGEST_EXTERNAL_ID).map(Self::External);
        }
        let name = row.cell(Column::Name).unwrap_or_default();
        line(row, Column::Name, name, LONGEST_NAME).map(|name| Self::Named(name, category.slug.clone()))
    }

    /// The column that a repetition is blamed on.
    pub(super) fn column(&self) -> Column {
        match self {
            Self::External(_) => Column::ExternalId,
            Self::Named(..) => Column::Name,
        }
    }

    pub(super) fn external_id(&self) -> Option<String> {
        match self {
            Self::External(id) => Some(id.clone()),
            Self::Named(..) => None,
        }
    }
}

fn line(row: &Row, column: Column, text: &str, most: usize) -> Result<String, RowError> {
    text::line(text, most).map_err(|error| row.refusal(column, error.code(), &error))
}

/// What a row is about.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// An item there was before.
    Known(ItemId),
    New(Key),
}

/// The owner's items before the import, by what rows are recognised by.
pub(super) struct Known(HashMap<Key, ItemId>);

impl Known {
    pub(super) async fn load(tx: &db::Transaction, owner: UserId) -> Result<Self, AppError> {
        let mut all = db::imports::marks_of(tx, owner).await?;
        // Of several with one name, that one is meant which is still offered and has no other mark, the oldest first.
        all.sort_by_key(|marks| (marks.is_retired, marks.external_id.is_some()));
        let mut known = HashMap::new();
        for Marks { id, external_id, name, category, .. } in all {
            if let Some(category) = category {
                known.entry(Key::Named(name, category)).or_insert(id);
            }
            // What was given out names an item by its own id where its owner has no other.
            known.entry(Key::External(id.to_string())).or_insert(id);
            known.extend(external_id.map(|external_id| (Key::External(external_id), id)));
        }
        Ok(Self(known))
    }

    /// The items that rows with these keys are about.
    pub(super) async fn items<'a>(
        &self,
        tx: &db::Transaction,
        keys: impl Iterator<Item = &'a Key>,
    ) -> Result<HashMap<ItemId, Item>, AppError> {
        let ids: Vec<_> = keys.filter_map(|key| self.id(key)).collect();
        let items = db::imports::with_ids(tx, &ids).await?;
        Ok(items.into_iter().map(|item| (item.id, item)).collect())
    }

    pub(super) fn subject(&self, key: &Key) -> Subject {
        self.id(key).map_or_else(|| Subject::New(key.clone()), Subject::Known)
    }

    pub(super) fn id(&self, key: &Key) -> Option<ItemId> {
        self.0.get(key).copied()
    }
}
