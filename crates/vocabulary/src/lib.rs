//! The words every service shares: typed ids, money, pages, and what text may hold.
//!
//! A value of these types is right by construction: an id knows what it names, an amount knows its currency.

mod id;
mod money;
mod page;
mod secret;
pub mod text;

pub use id::{Category, CategoryId, Id, Item, ItemId, ParseIdError, Session, SessionId, User, UserId};
pub use money::{Currency, Money, ParseCurrencyError};
pub use page::Page;
pub use secret::Secret;
