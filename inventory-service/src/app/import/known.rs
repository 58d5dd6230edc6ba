use std::collections::HashMap;

use inventory_api::RowError;
use vocabulary::UserId;

use super::column::Column;
use super::table::Row;
use crate::app::AppError;
use crate::db;
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

/// The items that some rows are about.
pub(super) struct Known(HashMap<Key, Item>);

impl Known {
    pub(super) async fn load(
        tx: &db::Transaction,
        owner: UserId,
        keys: impl Iterator<Item = &Key> + Clone,
    ) -> Result<Self, AppError> {
        let external_ids = keys.clone().filter_map(|key| match key {
            Key::External(id) => Some(id.as_str()),
            Key::Named(..) => None,
        });
        let names = keys.filter_map(|key| match key {
            Key::Named(name, _) => Some(name.as_str()),
            Key::External(_) => None,
        });
        let mut known = HashMap::new();
        for item in db::imports::with_external_ids(tx, owner, external_ids.collect()).await? {
            known.extend(item.external_id.clone().map(|id| (Key::External(id), item)));
        }
        for item in db::imports::with_names(tx, owner, names).await? {
            let key = Key::Named(item.content.name.clone(), item.content.category.slug.clone());
            // Of several, the oldest that is still offered is meant.
            if known.get(&key).is_none_or(Item::is_retired) {
                known.insert(key, item);
            }
        }
        Ok(Self(known))
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Item> {
        self.0.get(key)
    }
}
