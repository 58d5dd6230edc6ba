//! Pages of items. Every page is read from its place on by an index, so the last costs what the first does; what a search
//! finds is put in order beside its words, and only a page of it is looked up.

mod look;
mod order;
mod source;

use inventory_api::{ItemStatus, OfferKind};
use sea_orm::sea_query::{Expr, ExprTrait};
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
use look::{Look, ahead, among, apart, looks};
use order::{beyond, chord, daily_price_order, ordered, ranked};
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
    let question = |closeness| Question { listing, subtree: subtree.as_deref(), closeness, limit: limit + 1 };
    let mut page = read(db, question(&Closeness::Exact)).await?;
    if let Some(search) = listing.search.as_ref().filter(|_| page.is_empty()) {
        let similar = search::similar(db, search).await?;
        page = read(db, question(&similar)).await?;
    }
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let goes_on = page.len() > most;
    page.truncate(most);
    let last = page.last().filter(|_| goes_on).map(|item| listing.place_of(item));
    Ok((page, last))
}

/// Which rows are wanted, and how many of them.
#[derive(Debug, Clone, Copy)]
struct Question<'a> {
    listing: &'a Listing,
    /// The categories that the list's own stands for.
    subtree: Option<&'a [CategoryId]>,
    closeness: &'a Closeness,
    limit: u64,
}

/// Looks until the page is full. The last look is at everything, so a page that stays short has all there is.
async fn read(db: &impl ConnectionTrait, question: Question<'_>) -> Result<Vec<Item>, DbErr> {
    let backend = db.get_database_backend();
    let mut page = Vec::new();
    for look in looks(question.listing, question.closeness, backend) {
        let Some(select) = select(question, look, backend) else { break };
        page = items::load(db, select).await?;
        if u64::try_from(page.len()).is_ok_and(|found| found >= question.limit) {
            break;
        }
    }
    Ok(page)
}

/// A category with all below it; nothing if there is none with this slug.
async fn subtree(db: &impl ConnectionTrait, slug: &Slug) -> Result<Vec<CategoryId>, DbErr> {
    let all = categories::all(db).await?;
    Ok(all.get(slug.as_str()).map(|category| all.subtree(category.id)).unwrap_or_default())
}

/// The first rows of a list from its place on, as far as this look finds them; none when nothing can be found.
fn select(question: Question<'_>, look: Look, backend: DbBackend) -> Option<Select<item::Entity>> {
    let Question { listing, limit, closeness, .. } = question;
    let whole = item::Entity::find();
    if listing.search.is_some() {
        let ids = found(question, look, backend)?.into_query();
        let wanted = whole.filter(item::Column::Id.in_subquery(ids));
        return Some(if is_told_by_words(listing) {
            ordered(wanted, listing, Source::Items)
        } else {
            ordered(wanted.filter(asked_of_items(question)), listing, Source::Items).limit(limit)
        });
    }
    if *closeness != Closeness::Exact {
        return None;
    }
    let listing = &look.narrowed(listing);
    let question = Question { listing, ..question };
    if listing.near.is_none() {
        return Some(ordered(whole.filter(asked_of_items(question)), listing, Source::Items).limit(limit));
    }
    // By their ids first: the index over places has all that this asks, and only the page itself is looked up.
    let near = item::Entity::find().select_only().column(item::Column::Id);
    let near = match look {
        Look::Ahead { rows, .. } => among(near, ahead(listing, Source::Items, rows)),
        Look::Within(_) | Look::All => near,
    };
    let near = ordered(near.filter(asked_of_items(question)), listing, Source::Items).limit(limit);
    Some(ordered(whole.filter(item::Column::Id.in_subquery(near.into_query())), listing, Source::Items))
}

/// The ids of what is found by its words; of no more than a page, if the words tell which that is.
fn found(question: Question<'_>, look: Look, backend: DbBackend) -> Option<Select<item_words::Entity>> {
    let Question { listing, subtree, closeness, limit } = question;
    let mut matching = search::matching(listing.search.as_ref()?, closeness, backend)?;
    if is_told_by_words(listing) {
        matching = matching.add(shown(listing, subtree, Source::Words));
    }
    let ids = item_words::Entity::find().select_only().column(item_words::Column::ItemId);
    let ids = match look {
        Look::Ahead { rows, rank } => {
            let rank = rank.map(|rank| ranked(listing, rank, Source::Words));
            among(ids, ahead(listing, Source::Words, rows)).filter(matching.add_option(rank))
        }
        _ if backend == DbBackend::Postgres => among(ids, apart(matching)),
        _ => ids.filter(matching),
    };
    Some(if is_told_by_words(listing) { ordered(ids, listing, Source::Words).limit(limit) } else { ids })
}

/// Whether what stands beside the words of an item says if a search shows it, and where.
fn is_told_by_words(listing: &Listing) -> bool {
    let asks_of_terms = listing.max_daily_price.is_some() || listing.available.is_some() || listing.near.is_some();
    !asks_of_terms && matches!(listing.sort.key, SortKey::CreatedAt | SortKey::Name | SortKey::Relevance)
}

/// All that a list asks of a row of `items`.
fn asked_of_items(question: Question<'_>) -> Condition {
    shown(question.listing, question.subtree, Source::Items).add(on_terms(question.listing))
}

/// What lists ask that both tables know, from the place on where the list goes on.
fn shown(listing: &Listing, subtree: Option<&[CategoryId]>, source: Source) -> Condition {
    let mut shown = Condition::all().add(is_for(listing.audience, source));
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

/// That somebody of this audience may see the row.
fn is_for(audience: Audience, source: Source) -> Expr {
    match audience {
        Audience::Public => source.status().eq(ItemStatus::Listed.as_str()),
        Audience::Owner => source.status().ne(ItemStatus::Retired.as_str()),
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
