//! All that other services may know of the inventory: its requests and responses.

mod category;
mod import;
mod item;
mod words;

pub use category::{Category, CreateCategoryRequest, ReplaceCategoryRequest};
pub use import::{ImportReport, RowError};
pub use item::{CreateItemRequest, Item, MoneyRequest, Photo, Pickup, PickupRequest, ReplaceItemRequest};
pub use words::{Approval, Condition, ItemStatus, OfferKind};
