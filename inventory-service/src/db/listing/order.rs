//! The orders of lists, and the places in them.

use sea_orm::sea_query::{Expr, ExprTrait, Order};
use sea_orm::{Condition, EntityTrait, IntoSimpleExpr, QueryOrder, Select};
use vocabulary::ItemId;

use super::Source;
use crate::db::entity::item;
use crate::domain::listing::Listing;
use crate::domain::near::Near;
use crate::domain::sort::{Place, SortKey};
use crate::domain::words::Search;

/// The price for a day with 0 for none, computed by the database.
const DAILY_PRICE_ORDER: &str = "daily_price_order";

pub(super) fn ordered<E: EntityTrait>(select: Select<E>, listing: &Listing, source: Source) -> Select<E> {
    let order = if listing.sort.descending { Order::Desc } else { Order::Asc };
    let select = match key(listing, source) {
        None => select,
        Some(key) => select.order_by(key, order.clone()),
    };
    select.order_by(source.id(), order)
}

/// The rows after a place, as one comparison of rows, which both databases answer with an index range.
pub(super) fn beyond(place: &Place, listing: &Listing, source: Source) -> Expr {
    let (bound, after) = match place {
        Place::CreatedAt(after) => (None, after),
        Place::Name(name, after) => (Some(Expr::value(name.clone())), after),
        Place::DailyPrice(amount, after) => (Some(Expr::value(*amount)), after),
        Place::Distance(bits, after) => (Some(Expr::value(f64::from_bits(*bits))), after),
        Place::Relevance(rank, after) => (Some(Expr::value(*rank)), after),
    };
    let (row, bound) = match key(listing, source).zip(bound) {
        Some((key, bound)) => (Expr::tuple([key, source.id()]), Expr::tuple([bound, value(*after)])),
        None => (source.id(), value(*after)),
    };
    if listing.sort.descending { row.lt(bound) } else { row.gt(bound) }
}

/// That a row answers a search just so well.
pub(super) fn ranked(listing: &Listing, wanted: i32, source: Source) -> Condition {
    Condition::all().add_option(listing.search.as_ref().map(|search| rank(search, source).eq(wanted)))
}

/// The rows after a place in the order of ids alone.
pub(super) fn after(place: &Place, listing: &Listing, source: Source) -> Expr {
    let bound = value(place.id());
    if listing.sort.descending { source.id().lt(bound) } else { source.id().gt(bound) }
}

/// The square of the distance through the globe; see [`Near::chord`].
pub(super) fn chord(near: &Near) -> Expr {
    let [x, y, z] = near.centre();
    let square = |column: item::Column, at: f64| {
        let difference = || column.into_simple_expr().sub(at);
        difference().mul(difference())
    };
    let flat = square(item::Column::PickupX, x).add(square(item::Column::PickupY, y));
    flat.add(square(item::Column::PickupZ, z))
}

pub(super) fn daily_price_order() -> Expr {
    Expr::col((item::Entity, DAILY_PRICE_ORDER))
}

/// What a list is ordered by before the id; nothing if the id is all.
fn key(listing: &Listing, source: Source) -> Option<Expr> {
    match listing.sort.key {
        SortKey::CreatedAt => None,
        SortKey::Name => Some(source.name_key()),
        SortKey::DailyPrice => Some(daily_price_order()),
        SortKey::Distance => listing.near.as_ref().map(chord),
        SortKey::Relevance => listing.search.as_ref().map(|search| rank(search, source)),
    }
}

/// How well a name answers a search; see [`Search::rank`].
fn rank(search: &Search, source: Source) -> Expr {
    let name = || source.name_key();
    let has_all = search.words().iter().fold(Condition::all(), |all, word| all.add(name().like(format!("%{word}%"))));
    let first = search.words().first().cloned().unwrap_or_default();
    let begins = Condition::all().add(has_all.clone()).add(name().like(format!("{first}%")));
    Expr::case(begins, 0).case(has_all, 1).finally(2).into()
}

fn value(id: ItemId) -> Expr {
    Expr::value(id.uuid())
}
