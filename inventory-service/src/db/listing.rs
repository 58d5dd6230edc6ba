//! Pages of items. Every page is read from its place on by an index, so the last costs what the first does; what a search
//! finds is put in order beside its words, and only a page of it is looked up.

mod order;
mod source;

use inventory_api::{ItemStatus, OfferKind};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    Select,
};
use vocabulary::CategoryId;

use super::entity::{item, item_tag, item_words};
use super::search::Closeness;
use super::{categories, items, search};
use crate::domain::item::Item;
use crate::domain::listing::{Audience, Listing};
use crate::domain::near::{Bounds, Near};
use crate::domain::slug::Slug;
use crate::domain::sort::{Place, SortKey};
use order::{beyond, chord, daily_price_order, ordered};
use source::Source;

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
    let mut page = read(db, listing, subtree.as_deref(), &Closeness::Exact, limit + 1).await?;
    if let Some(search) = listing.search.as_ref().filter(|_| page.is_empty()) {
        let similar = search::similar(db, search).await?;
        page = read(db, listing, subtree.as_deref(), &similar, limit + 1).await?;
    }
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let goes_on = page.len() > most;
    page.truncate(most);
    let last = page.last().filter(|_| goes_on).map(|item| listing.place_of(item));
    Ok((page, last))
}

async fn read(
    db: &impl ConnectionTrait,
    listing: &Listing,
    subtree: Option<&[CategoryId]>,
    closeness: &Closeness,
    limit: u64,
) -> Result<Vec<Item>, DbErr> {
    match select(listing, subtree, closeness, db.get_database_backend(), limit) {
        Some(select) => items::load(db, select).await,
        None => Ok(Vec::new()),
    }
}

/// A category with all below it; nothing if there is none with this slug.
async fn subtree(db: &impl ConnectionTrait, slug: &Slug) -> Result<Vec<CategoryId>, DbErr> {
    let all = categories::all(db).await?;
    Ok(all.get(slug.as_str()).map(|category| all.subtree(category.id)).unwrap_or_default())
}

/// The first `limit` rows of a list from its place on; none when nothing can be found.
fn select(
    listing: &Listing,
    subtree: Option<&[CategoryId]>,
    closeness: &Closeness,
    backend: DbBackend,
    limit: u64,
) -> Option<Select<item::Entity>> {
    let Some(search) = &listing.search else {
        return (*closeness == Closeness::Exact).then(|| {
            let select = item::Entity::find().filter(shown(listing, subtree, Source::Items)).filter(on_terms(listing));
            ordered(select, listing, Source::Items).limit(limit)
        });
    };
    let found = item_words::Entity::find().select_only().column(item_words::Column::ItemId);
    let found = found.filter(search::matching(search, closeness, backend)?);
    let select = item::Entity::find();
    Some(if is_told_by_words(listing) {
        let found = ordered(found.filter(shown(listing, subtree, Source::Words)), listing, Source::Words).limit(limit);
        ordered(select.filter(item::Column::Id.in_subquery(found.into_query())), listing, Source::Items)
    } else {
        let select = select.filter(shown(listing, subtree, Source::Items)).filter(on_terms(listing));
        let select = select.filter(item::Column::Id.in_subquery(found.into_query()));
        ordered(select, listing, Source::Items).limit(limit)
    })
}

/// Whether what stands beside the words of an item says if a search shows it, and where.
fn is_told_by_words(listing: &Listing) -> bool {
    let asks_of_terms = listing.max_daily_price.is_some() || listing.available.is_some() || listing.near.is_some();
    !asks_of_terms && matches!(listing.sort.key, SortKey::CreatedAt | SortKey::Name | SortKey::Relevance)
}

/// What lists ask that both tables know, from the place on where the list goes on.
fn shown(listing: &Listing, subtree: Option<&[CategoryId]>, source: Source) -> Condition {
    let mut shown = Condition::all().add(match listing.audience {
        Audience::Public => source.status().eq(ItemStatus::Listed.as_str()),
        Audience::Owner => source.status().ne(ItemStatus::Retired.as_str()),
    });
    if let Some(categories) = subtree {
        shown = shown.add(source.category().is_in(categories.iter().map(|category| category.uuid())));
    }
    if let Some(owner) = listing.owner {
        shown = shown.add(source.owner().eq(owner.uuid()));
    }
    if let Some(tag) = &listing.tag {
        let tagged = item_tag::Entity::find().select_only().column(item_tag::Column::ItemId);
        let tagged = tagged.filter(item_tag::Column::Tag.eq(tag)).into_query();
        shown = shown.add(source.id().in_subquery(tagged));
    }
    match &listing.after {
        None => shown,
        Some(place) => shown.add(beyond(place, listing, source)),
    }
}

/// What lists ask of the terms on which an item is offered, and of where it is fetched.
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
    match &listing.near {
        None => terms,
        Some(near) => terms.add(within(near)),
    }
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

#[cfg(test)]
mod tests;
