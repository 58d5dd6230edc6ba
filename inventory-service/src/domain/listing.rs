//! Which items a list shows, in which order, and where its next page begins.

use vocabulary::UserId;

use super::days::Days;
use super::item::Item;
use super::near::Near;
use super::slug::Slug;
use super::sort::{Place, Sort, SortKey};
use super::words::Search;

/// Which items a list shows: those to which everything that is given applies.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    pub(crate) search: Option<Search>,
    /// Items of this category and of those that belong to it.
    pub(crate) category: Option<Slug>,
    pub(crate) owner: Option<UserId>,
    pub(crate) tag: Option<String>,
    /// Items lent for at most so many minor units of their own currency a day.
    pub(crate) max_daily_price: Option<i64>,
    pub(crate) near: Option<Near>,
    /// Items of which a unit can be had for all of these days.
    pub(crate) available: Option<Days>,
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

impl Listing {
    /// Everything that the audience may see.
    pub(crate) fn all(audience: Audience) -> Self {
        Self {
            search: None,
            category: None,
            owner: None,
            tag: None,
            max_daily_price: None,
            near: None,
            available: None,
            audience,
            sort: Sort::NEWEST,
            after: None,
        }
    }

    /// The item's place in this list.
    pub(crate) fn place_of(&self, item: &Item) -> Place {
        let content = &item.content;
        match self.sort.key {
            SortKey::CreatedAt => Place::CreatedAt(item.id),
            SortKey::Name => Place::Name(content.name_key(), item.id),
            SortKey::DailyPrice => Place::DailyPrice(content.terms.offer.daily_price().unwrap_or(0), item.id),
            SortKey::Distance => {
                let chord = self.near.zip(content.pickup.as_ref()).map(|(near, at)| near.chord(at.lat, at.lon));
                Place::Distance(chord.unwrap_or(0.0).to_bits(), item.id)
            }
            SortKey::Relevance => {
                let rank = self.search.as_ref().map_or(0, |search| search.rank(&content.name_key()));
                Place::Relevance(rank, item.id)
            }
        }
    }
}
