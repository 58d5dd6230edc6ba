use std::str::FromStr;

use serde::{Deserialize, Serialize};
use vocabulary::ItemId;

/// What a list is ordered by; the id decides between equals, so that every item has its own place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum SortKey {
    /// The time of creation, which is the order of ids (UUIDv7).
    CreatedAt,
    /// The name, folded.
    Name,
    /// The price for a day; what has none counts as 0.
    DailyPrice,
    /// How far it is from where the list is near to.
    Distance,
    /// How well the name answers the search, best first.
    Relevance,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Sort {
    pub(crate) key: SortKey,
    pub(crate) descending: bool,
}

/// The text names no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A list is sorted by created_at, name, daily_price, distance or relevance; a minus in front turns it round.")]
pub(crate) struct ParseSortError;

/// The place of one item in a list: what the list is ordered by, and the id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    CreatedAt(ItemId),
    Name(String, ItemId),
    DailyPrice(i64, ItemId),
    /// The bits of the distance: as digits it might come back as its neighbour.
    Distance(u64, ItemId),
    Relevance(i32, ItemId),
}

impl Sort {
    /// Newest first.
    pub(crate) const NEWEST: Self = Self { key: SortKey::CreatedAt, descending: true };
}

impl FromStr for Sort {
    type Err = ParseSortError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (descending, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        let key = match name {
            "created_at" => SortKey::CreatedAt,
            "name" => SortKey::Name,
            "daily_price" => SortKey::DailyPrice,
            "distance" => SortKey::Distance,
            "relevance" => SortKey::Relevance,
            _ => return Err(ParseSortError),
        };
        Ok(Self { key, descending })
    }
}

impl Place {
    pub(crate) fn id(&self) -> ItemId {
        match self {
            Self::CreatedAt(id)
            | Self::Name(_, id)
            | Self::DailyPrice(_, id)
            | Self::Distance(_, id)
            | Self::Relevance(_, id) => *id,
        }
    }

    /// Whether this is a place in a list of that order. Cursors pass through clients, and clients may change them.
    pub(crate) fn fits(&self, sort: Sort) -> bool {
        match (self, sort.key) {
            (Self::CreatedAt(_), SortKey::CreatedAt)
            | (Self::DailyPrice(..), SortKey::DailyPrice)
            | (Self::Relevance(..), SortKey::Relevance) => true,
            (Self::Distance(bits, _), SortKey::Distance) => f64::from_bits(*bits).is_finite(),
            // No name holds a null character, and PostgreSQL takes none as text.
            (Self::Name(name, _), SortKey::Name) => !name.contains('\0'),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_a_name_with_or_without_a_minus() {
        assert_eq!("-created_at".parse(), Ok(Sort::NEWEST));
        assert_eq!("name".parse(), Ok(Sort { key: SortKey::Name, descending: false }));
        for text in ["", "-", "--name", "+name", "Name", "price", "name,id"] {
            assert_eq!(text.parse::<Sort>(), Err(ParseSortError), "{text}");
        }
    }

    #[test]
    fn a_place_belongs_to_lists_of_its_order() {
        let id = ItemId::new(uuid::Uuid::nil());
        let sort = |text: &str| text.parse::<Sort>().unwrap();
        assert!(Place::Name("drill".to_owned(), id).fits(sort("name")));
        assert!(!Place::Name("dr\0ll".to_owned(), id).fits(sort("name")));
        assert!(!Place::CreatedAt(id).fits(sort("name")));
        assert!(!Place::DailyPrice(1, id).fits(Sort::NEWEST));
        assert!(Place::Distance(0.5_f64.to_bits(), id).fits(sort("distance")));
        assert!(!Place::Distance(f64::NAN.to_bits(), id).fits(sort("distance")));
    }
}
