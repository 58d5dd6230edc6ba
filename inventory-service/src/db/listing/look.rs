//! Where the rows of a page are looked for. A database cannot tell how many rows hold a word that may go on or lie within a
//! circle, and either way of reading is slow where the other is quick: what is everywhere is soon met in the order of the
//! list, and what is rare is soon counted out by an index. So a page is looked for in a bounded part first, which may fill
//! it, and then by the index.

use sea_orm::sea_query::{Asterisk, Order, Query, SelectStatement};
use sea_orm::{Condition, DbBackend, EntityTrait, QuerySelect, Select};

use super::order::after;
use super::{Source, is_for};
use crate::db::entity::{item, item_words};
use crate::db::search::Closeness;
use crate::domain::listing::Listing;
use crate::domain::near::Near;
use crate::domain::sort::{Place, SortKey};

/// Rows that are looked at before an index is asked for words. PostgreSQL looks at two or three of them in a microsecond; what
/// does not fill a page from so many is, one like the other, in a thousand of a million, which the index finds in as little time.
const ROWS_FOR_WORDS: u64 = 20_000;
/// The same for words with an error in typing, which take many times as long to compare.
const ROWS_FOR_SIMILAR: u64 = 2_500;
/// The same for what is near: the index over places is the quicker one.
const ROWS_FOR_PLACES: u64 = 2_000;

/// A part of a list in which a page of it is looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Look {
    /// So many rows in the order of ids, whatever they are; of these, those of one rank where the list is ordered by it.
    Ahead { rows: u64, rank: Option<i32> },
    /// A smaller circle than the list's own.
    Within(Near),
    /// All there is.
    All,
}

impl Look {
    /// The list with the circle of this look.
    pub(super) fn narrowed(self, listing: &Listing) -> Listing {
        match self {
            Self::Within(near) => Listing { near: Some(near), ..listing.clone() },
            Self::Ahead { .. } | Self::All => listing.clone(),
        }
    }
}

/// Where a page is looked for, one after the other until it is full.
pub(super) fn looks(listing: &Listing, closeness: &Closeness, backend: DbBackend) -> Vec<Look> {
    let is_postgres = backend == DbBackend::Postgres;
    let mut looks = match (listing.sort.key, listing.near) {
        (SortKey::Distance, Some(near)) if listing.search.is_none() && !listing.sort.descending => {
            circles(listing, near)
        }
        _ if is_postgres => rows_ahead(listing, closeness).into_iter().collect(),
        _ => Vec::new(),
    };
    looks.push(Look::All);
    looks
}

fn circles(listing: &Listing, near: Near) -> Vec<Look> {
    let passed = match listing.after {
        Some(Place::Distance(bits, _)) => f64::from_bits(bits),
        _ => 0.0,
    };
    near.circles(passed).map(Look::Within).collect()
}

fn rows_ahead(listing: &Listing, closeness: &Closeness) -> Option<Look> {
    let ahead = |rows, rank| Some(Look::Ahead { rows, rank });
    match (listing.sort.key, &listing.search, closeness) {
        (SortKey::CreatedAt, Some(_), Closeness::Exact) => ahead(ROWS_FOR_WORDS, None),
        (SortKey::CreatedAt, Some(_), Closeness::Similar(_)) => ahead(ROWS_FOR_SIMILAR, None),
        (SortKey::CreatedAt, None, _) if listing.near.is_some() => ahead(ROWS_FOR_PLACES, None),
        (SortKey::Relevance, Some(_), Closeness::Exact) => {
            let first = if listing.sort.descending { 2 } else { 0 };
            let rank = match listing.after {
                Some(Place::Relevance(rank, _)) => rank,
                _ => first,
            };
            ahead(ROWS_FOR_WORDS, Some(rank))
        }
        _ => None,
    }
}

/// The next rows in the order of ids. What limits a statement within another keeps its conditions to itself, so no more rows
/// than these are ever looked at.
pub(super) fn ahead(listing: &Listing, source: Source, rows: u64) -> SelectStatement {
    let mut window = Query::select();
    window.column(Asterisk).limit(rows);
    match source {
        // Not only of what is listed, of which there may be little.
        Source::Words => window.from(item_words::Entity),
        // In the order of the index, which has the status first.
        Source::Items => window.from(item::Entity).cond_where(is_for(listing.audience, source)),
    };
    if let Some(place) = &listing.after {
        window.and_where(after(place, listing, source));
    }
    let order = if listing.sort.descending { Order::Desc } else { Order::Asc };
    window.order_by_expr(source.id(), order);
    window
}

/// What is found by its words, in no order. A condition that would serve the order of the statement around it, too, tempts
/// PostgreSQL to read all rows in that order; an offset, even of none, keeps the two apart.
pub(super) fn apart(matching: Condition) -> SelectStatement {
    let mut found = Query::select();
    found.column(Asterisk).from(item_words::Entity).cond_where(matching).offset(0);
    found
}

/// The same of these rows only, which take the place of their table.
pub(super) fn among<E: EntityTrait>(mut select: Select<E>, rows: SelectStatement) -> Select<E> {
    QuerySelect::query(&mut select).from_clear().from_subquery(rows, E::default());
    select
}
