use inventory_api::Category as Wire;

use crate::domain::category::{Category, Tree};

/// The cache group of all that shows categories.
pub(super) const GROUP: &str = "categories";

/// How long the gateway calls categories fresh, should the message of a write be lost.
pub(super) const FRESH_SECONDS: u32 = 60;

/// What a change of a category makes stale: lists of items are filtered by the tree.
pub(super) fn stale() -> Vec<String> {
    vec![GROUP.to_owned(), "items".to_owned()]
}

/// The category as everybody sees it; `tree` has its parent.
pub(super) fn wire(category: &Category, tree: &Tree) -> Wire {
    Wire {
        slug: category.slug.to_string(),
        name: category.name.clone(),
        parent: category.parent_id.and_then(|id| tree.categories.slug_of(id)).map(ToString::to_string),
        items: tree.listed_below(category.id),
        version: category.version,
    }
}
