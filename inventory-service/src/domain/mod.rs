//! What the inventory is about: types that cannot be wrong, and their rules.

pub(crate) mod amount;
pub(crate) mod category;
pub(crate) mod content;
pub(crate) mod item;
pub(crate) mod listing;
pub(crate) mod offer;
pub(crate) mod pickup;
pub(crate) mod slug;
pub(crate) mod text;
pub(crate) mod words;
