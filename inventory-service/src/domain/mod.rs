//! What the inventory is about: types that cannot be wrong, and their rules.

pub(crate) mod amount;
pub(crate) mod category;
pub(crate) mod content;
pub(crate) mod days;
pub(crate) mod history;
pub(crate) mod item;
pub(crate) mod listing;
pub(crate) mod near;
pub(crate) mod offer;
pub(crate) mod period;
pub(crate) mod photo;
pub(crate) mod pickup;
pub(crate) mod reservation;
pub(crate) mod schedule;
pub(crate) mod slug;
pub(crate) mod sort;
pub(crate) mod text;
pub(crate) mod unit;
pub(crate) mod words;
