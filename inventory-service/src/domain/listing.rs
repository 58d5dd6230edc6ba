//! Which items a list shows, in which order, and where its next page begins.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use vocabulary::{ItemId, UserId};

use super::item::Item;
use super::slug::Slug;
use super::words::Search;

/// What a list is ordered by; the id decides between equals, so that every item has its own place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum SortKey {
    /// The time of creation, which is the order of ids (UUIDv7).
    CreatedAt,
    /// The name, folded.
    Name,
    /// The price for a day; what has none counts as 0.
    DailyPrice,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Sort {
    pub(crate) key: SortKey,
    pub(crate) descending: bool,
}

impl Sort {
    /// Newest first.
    pub(crate) const NEWEST: Self = Self { key: SortKey::CreatedAt, descending: true };
}

/// The text names no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A list is sorted by created_at, name or daily_price; a minus in front turns it round.")]
pub(crate) struct ParseSortError;

impl FromStr for Sort {
    type Err = ParseSortError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (descending, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        let key = match name {
            "created_at" => SortKey::CreatedAt,
            "name" => SortKey::Name,
            "daily_price" => SortKey::DailyPrice,
            _ => return Err(ParseSortError),
        };
        Ok(Self { key, descending })
    }
}

/// The place of one item in a list: what the list is ordered by, and the id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    CreatedAt(ItemId),
    Name(String, ItemId),
    DailyPrice(i64, ItemId),
}

impl Place {
    /// The item's place in a list of this order.
    pub(crate) fn of(item: &Item, sort: Sort) -> Self {
        match sort.key {
            SortKey::CreatedAt => Self::CreatedAt(item.id),
            SortKey::Name => Self::Name(item.content.name_key(), item.id),
            SortKey::DailyPrice => Self::DailyPrice(item.content.terms.offer.daily_price().unwrap_or(0), item.id),
        }
    }

    /// Whether this is a place in a list of that order. Cursors pass through clients, and clients may change them.
    pub(crate) fn fits(&self, sort: Sort) -> bool {
        match (self, sort.key) {
            (Self::CreatedAt(_), SortKey::CreatedAt) | (Self::DailyPrice(..), SortKey::DailyPrice) => true,
            // No name holds a null character, and PostgreSQL takes none as text.
            (Self::Name(name, _), SortKey::Name) => !name.contains('\0'),
            _ => false,
        }
    }
}

/// Which items a list shows: those to which everything that is given applies.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    pub(crate) search: Option<Search>,
    /// Items of this category and of those that belong to it.
    pub(crate) category: Option<Slug>,
    pub(crate) owner: Option<UserId>,
    pub(crate) tag: Option<String>,
    pub(crate) audience: Audience,
    pub(crate) sort: Sort,
    /// The last place of the page before.
    pub(crate) after: Option<Place>,
}

/// For whom a list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Everybody: what is listed.
    Public,
    /// The owner: all but what was retired.
    Owner,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_a_name_with_or_without_a_minus() {
        assert_eq!("-created_at".parse(), Ok(Sort::NEWEST));
        assert_eq!("name".parse(), Ok(Sort { key: SortKey::Name, descending: false }));
        for text in ["", "-", "--name", "+name", "Name", "relevance", "distance", "name,id"] {
            assert_eq!(text.parse::<Sort>(), Err(ParseSortError), "{text}");
        }
    }

    #[test]
    fn a_place_belongs_to_lists_of_its_order() {
        let id = ItemId::new(uuid::Uuid::nil());
        let by_name: Sort = "name".parse().unwrap();
        assert!(Place::Name("drill".to_owned(), id).fits(by_name));
        assert!(!Place::Name("dr\0ll".to_owned(), id).fits(by_name));
        assert!(!Place::CreatedAt(id).fits(by_name));
        assert!(!Place::DailyPrice(1, id).fits(Sort::NEWEST));
    }
}
