//! The tables as sea-orm sees them.

pub(super) mod booking;
pub(super) mod category;
pub(super) mod category_count;
pub(super) mod item;
pub(super) mod item_change;
pub(super) mod item_photo;
pub(super) mod item_tag;
pub(super) mod item_words;
pub(super) mod reservation;
pub(super) mod unit;
