//! Pages of items. Every page is read from its place on by an index, so the last costs what the first does.

use inventory_api::{ItemStatus, OfferKind};
use sea_orm::sea_query::{Expr, ExprTrait, Order};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, IntoSimpleExpr, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
};
use vocabulary::{CategoryId, ItemId};

use super::entity::{item, item_tag};
use super::search::Closeness;
use super::{categories, items, search};
use crate::domain::item::Item;
use crate::domain::listing::{Audience, Listing};
use crate::domain::near::{Bounds, Near};
use crate::domain::slug::Slug;
use crate::domain::sort::{Place, SortKey};
use crate::domain::words::Search;

/// The price for a day with 0 for none, computed by the database.
const DAILY_PRICE_ORDER: &str = "daily_price_order";

/// The items of one page, and the place of the last one if others follow.
pub(crate) async fn page(
    db: &impl ConnectionTrait,
    listing: &Listing,
    limit: u64,
) -> Result<(Vec<Item>, Option<Place>), DbErr> {
    let subtree = match &listing.category {
        None => None,
        Some(slug) => Some(subtree(db, slug).await?),
    };
    let backend = db.get_database_backend();
    for closeness in [Closeness::Exact, Closeness::Similar] {
        let Some(select) = select(listing, subtree.clone(), closeness, backend) else {
            continue;
        };
        let mut page = items::load(db, select.limit(limit + 1)).await?;
        if !page.is_empty() {
            let most = usize::try_from(limit).unwrap_or(usize::MAX);
            let goes_on = page.len() > most;
            page.truncate(most);
            let last = page.last().filter(|_| goes_on).map(|item| listing.place_of(item));
            return Ok((page, last));
        }
    }
    Ok((Vec::new(), None))
}

/// A category with all below it; nothing if there is none with this slug.
async fn subtree(db: &impl ConnectionTrait, slug: &Slug) -> Result<Vec<CategoryId>, DbErr> {
    let all = categories::all(db).await?;
    Ok(all.get(slug.as_str()).map(|category| all.subtree(category.id)).unwrap_or_default())
}

/// The rows of a list from its place on; none when nothing can be found.
fn select(
    listing: &Listing,
    subtree: Option<Vec<CategoryId>>,
    closeness: Closeness,
    backend: DbBackend,
) -> Option<Select<item::Entity>> {
    let mut select = item::Entity::find().filter(match listing.audience {
        Audience::Public => item::Column::Status.eq(ItemStatus::Listed.as_str()),
        Audience::Owner => item::Column::Status.ne(ItemStatus::Retired.as_str()),
    });
    if let Some(categories) = subtree {
        select = select.filter(item::Column::CategoryId.is_in(categories.into_iter().map(CategoryId::uuid)));
    }
    if let Some(owner) = listing.owner {
        select = select.filter(item::Column::OwnerId.eq(owner.uuid()));
    }
    if let Some(tag) = &listing.tag {
        let tagged = item_tag::Entity::find().select_only().column(item_tag::Column::ItemId);
        let tagged = tagged.filter(item_tag::Column::Tag.eq(tag)).into_query();
        select = select.filter(item::Column::Id.in_subquery(tagged));
    }
    match (&listing.search, closeness) {
        (Some(search), closeness) => {
            let found = search::matching(search, closeness, backend)?;
            select = select.filter(item::Column::Id.in_subquery(found));
        }
        (None, Closeness::Exact) => {}
        (None, Closeness::Similar) => return None,
    }
    select = select.filter(on_terms(listing));
    if let Some(near) = &listing.near {
        select = select.filter(within(near));
    }
    if let Some(place) = &listing.after {
        select = select.filter(beyond(place, listing));
    }
    Some(ordered(select, listing))
}

/// What lists ask of the terms on which an item is offered.
fn on_terms(listing: &Listing) -> Condition {
    let mut terms = Condition::all();
    if listing.max_daily_price.is_some() || listing.available.is_some() {
        terms = terms.add(item::Column::Offer.eq(OfferKind::Lend.as_str()));
    }
    if let Some(most) = listing.max_daily_price {
        terms = terms.add(daily_price_order().lte(most));
    }
    if let Some(days) = listing.available {
        let longest = item::Column::MaxLoanDays;
        terms = terms.add(longest.is_null().or(longest.gte(days.count())));
    }
    terms
}

/// A box, for the index, and the circle in it.
fn within(near: &Near) -> Condition {
    let Bounds { lat, lon } = near.bounds();
    let ranges = lon.into_iter().map(|(west, east)| item::Column::PickupLon.between(west, east));
    let in_box = Condition::all()
        .add(item::Column::PickupLat.between(lat.0, lat.1))
        .add(ranges.fold(Condition::any(), Condition::add));
    in_box.add(chord(near).lte(near.longest()))
}

/// The square of the distance through the globe; see [`Near::chord`].
fn chord(near: &Near) -> Expr {
    let [x, y, z] = near.centre();
    let square = |column: item::Column, at: f64| {
        let difference = || column.into_simple_expr().sub(at);
        difference().mul(difference())
    };
    let flat = square(item::Column::PickupX, x).add(square(item::Column::PickupY, y));
    flat.add(square(item::Column::PickupZ, z))
}

/// How well a name answers a search; see [`Search::rank`].
fn rank(search: &Search) -> Expr {
    let name = || item::Column::NameKey.into_simple_expr();
    let has_all = search.words().iter().fold(Condition::all(), |all, word| all.add(name().like(format!("%{word}%"))));
    let first = search.words().first().cloned().unwrap_or_default();
    let begins = Condition::all().add(has_all.clone()).add(name().like(format!("{first}%")));
    Expr::case(begins, 0).case(has_all, 1).finally(2).into()
}

/// What a list is ordered by before the id; nothing if the id is all.
fn key(listing: &Listing) -> Option<Expr> {
    match listing.sort.key {
        SortKey::CreatedAt => None,
        SortKey::Name => Some(item::Column::NameKey.into_simple_expr()),
        SortKey::DailyPrice => Some(daily_price_order()),
        SortKey::Distance => listing.near.as_ref().map(chord),
        SortKey::Relevance => listing.search.as_ref().map(rank),
    }
}

fn ordered(select: Select<item::Entity>, listing: &Listing) -> Select<item::Entity> {
    let order = if listing.sort.descending { Order::Desc } else { Order::Asc };
    let select = match key(listing) {
        None => select,
        Some(key) => select.order_by(key, order.clone()),
    };
    select.order_by(item::Column::Id, order)
}

/// The rows after a place, as one comparison of rows, which both databases answer with an index range.
fn beyond(place: &Place, listing: &Listing) -> Expr {
    let id = item::Column::Id.into_simple_expr();
    let (bound, after) = match place {
        Place::CreatedAt(after) => (None, after),
        Place::Name(name, after) => (Some(Expr::value(name.clone())), after),
        Place::DailyPrice(amount, after) => (Some(Expr::value(*amount)), after),
        Place::Distance(bits, after) => (Some(Expr::value(f64::from_bits(*bits))), after),
        Place::Relevance(rank, after) => (Some(Expr::value(*rank)), after),
    };
    let (row, bound) = match key(listing).zip(bound) {
        Some((key, bound)) => (Expr::tuple([key, id]), Expr::tuple([bound, value(*after)])),
        None => (id, value(*after)),
    };
    if listing.sort.descending { row.lt(bound) } else { row.gt(bound) }
}

fn value(id: ItemId) -> Expr {
    Expr::value(id.uuid())
}

fn daily_price_order() -> Expr {
    Expr::col((item::Entity, DAILY_PRICE_ORDER))
}

#[cfg(test)]
mod tests;
