//! What was changed: of two states of a thing, the fields that are not the same.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use inventory_api::{ChangeKind, ItemChangeId};
use serde_json::{Value, json};
use vocabulary::{ItemId, UserId};

use super::item::Item;
use super::unit::Unit;

/// Fields by the names that requests have for them.
pub(crate) type Fields = BTreeMap<String, Value>;

/// One change of an item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    pub(crate) id: ItemChangeId,
    pub(crate) item_id: ItemId,
    /// The item's version after it.
    pub(crate) version: i64,
    /// None for the operator.
    pub(crate) by: Option<UserId>,
    pub(crate) kind: ChangeKind,
    /// None of what is new.
    pub(crate) before: Option<Fields>,
    pub(crate) after: Fields,
    pub(crate) at: DateTime<Utc>,
}

impl Change {
    /// The change that has made this item.
    pub(crate) fn created(id: ItemChangeId, by: Option<UserId>, item: &Item) -> Self {
        let (after, at) = (fields(item), item.created_at);
        Self { id, item_id: item.id, version: item.version, by, kind: ChangeKind::Created, before: None, after, at }
    }

    /// The change that has made one item of another.
    pub(crate) fn between(id: ItemChangeId, by: Option<UserId>, before: &Item, after: &Item) -> Self {
        let kind = if after.is_retired() { ChangeKind::Retired } else { ChangeKind::Changed };
        let (old, new) = differences(fields(before), fields(after));
        let (item_id, version, at) = (after.id, after.version, after.updated_at);
        Self { id, item_id, version, by, kind, before: Some(old), after: new, at }
    }

    /// The same change, which was one of a unit as well: none before if it is new, none after if it was taken away.
    #[must_use]
    pub(crate) fn with_unit(mut self, before: Option<&Unit>, after: Option<&Unit>) -> Self {
        let name = || "unit".to_owned();
        self.before.get_or_insert_default().insert(name(), unit(before));
        self.after.insert(name(), unit(after));
        self
    }
}

/// Everything that an owner says of an item.
fn fields(item: &Item) -> Fields {
    let document = serde_json::to_value(item.content.document()).unwrap_or_default();
    let mut fields: Fields = document.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
    let photos = item.photos.iter().map(|photo| json!({ "id": photo.id, "alt": photo.alt }));
    fields.insert("photos".to_owned(), photos.collect());
    fields
}

fn unit(unit: Option<&Unit>) -> Value {
    unit.map_or(Value::Null, |unit| {
        let Unit { id, label, condition, out_of_service, .. } = unit;
        json!({ "id": id, "label": label, "condition": condition, "out_of_service": out_of_service })
    })
}

/// The fields that are not the same, before and after. One that is there only once is null the other time.
fn differences(mut before: Fields, mut after: Fields) -> (Fields, Fields) {
    before.retain(|name, value| after.get(name) != Some(&*value) || after.remove(name).is_none());
    for name in before.keys() {
        after.entry(name.clone()).or_default();
    }
    for name in after.keys() {
        before.entry(name.clone()).or_default();
    }
    (before, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(value: &Value) -> Fields {
        serde_json::from_value(value.clone()).unwrap()
    }

    #[test]
    fn only_what_is_otherwise_is_told_and_what_is_missing_is_null() {
        let before = fields(&json!({ "name": "Saw", "units": 2, "tags": ["wood"], "deposit": 5 }));
        let after = fields(&json!({ "name": "Axe", "units": 2, "tags": ["wood"], "pickup": "Shed" }));
        let (old, new) = differences(before, after);
        assert_eq!(old, fields(&json!({ "name": "Saw", "deposit": 5, "pickup": null })));
        assert_eq!(new, fields(&json!({ "name": "Axe", "deposit": null, "pickup": "Shed" })));
    }
}
