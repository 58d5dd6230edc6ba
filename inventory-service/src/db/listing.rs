//! Pages of items. Every page is read from its place on by an index, so the last costs what the first does.

use inventory_api::ItemStatus;
use sea_orm::sea_query::{Expr, ExprTrait, Order};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, IntoSimpleExpr, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
};
use service_kit::http::Limit;
use vocabulary::{CategoryId, ItemId};

use super::entity::{item, item_tag};
use super::{categories, items, search};
use crate::domain::item::Item;
use crate::domain::listing::{Audience, Listing, Place, Sort, SortKey};
use crate::domain::slug::Slug;

/// The price for a day with 0 for none, computed by the database.
const DAILY_PRICE_ORDER: &str = "daily_price_order";

/// The items of one page, and the place of the last one if others follow.
pub(crate) async fn page(
    db: &impl ConnectionTrait,
    listing: &Listing,
    limit: Limit,
) -> Result<(Vec<Item>, Option<Place>), DbErr> {
    let subtree = match &listing.category {
        None => None,
        Some(slug) => Some(subtree(db, slug).await?),
    };
    let Some(select) = select(listing, subtree, db.get_database_backend()) else {
        return Ok((Vec::new(), None));
    };
    let mut page = items::load(db, select.limit(limit.get() + 1)).await?;
    let most = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let goes_on = page.len() > most;
    page.truncate(most);
    let last = page.last().filter(|_| goes_on).map(|item| Place::of(item, listing.sort));
    Ok((page, last))
}

/// A category with all below it; nothing if there is none with this slug.
async fn subtree(db: &impl ConnectionTrait, slug: &Slug) -> Result<Vec<CategoryId>, DbErr> {
    let all = categories::all(db).await?;
    Ok(all.get(slug.as_str()).map(|category| all.subtree(category.id)).unwrap_or_default())
}

/// The rows of a list from its place on; none when nothing can be found.
fn select(listing: &Listing, subtree: Option<Vec<CategoryId>>, backend: DbBackend) -> Option<Select<item::Entity>> {
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
    if let Some(search) = &listing.search {
        select = select.filter(item::Column::Id.in_subquery(search::matching(search, backend)?));
    }
    if let Some(place) = &listing.after {
        select = select.filter(beyond(place, listing.sort.descending));
    }
    Some(ordered(select, listing.sort))
}

fn ordered(select: Select<item::Entity>, sort: Sort) -> Select<item::Entity> {
    let order = if sort.descending { Order::Desc } else { Order::Asc };
    let select = match sort.key {
        SortKey::CreatedAt => select,
        SortKey::Name => select.order_by(item::Column::NameKey, order.clone()),
        SortKey::DailyPrice => select.order_by(daily_price_order(), order.clone()),
    };
    select.order_by(item::Column::Id, order)
}

/// The rows after a place, as one comparison of rows, which both databases answer with an index range.
fn beyond(place: &Place, descending: bool) -> Expr {
    let id = item::Column::Id.into_simple_expr();
    let (row, bound) = match place {
        Place::CreatedAt(after) => (id, value(*after)),
        Place::Name(name, after) => (
            Expr::tuple([item::Column::NameKey.into_simple_expr(), id]),
            Expr::tuple([Expr::value(name.clone()), value(*after)]),
        ),
        Place::DailyPrice(amount, after) => {
            (Expr::tuple([daily_price_order(), id]), Expr::tuple([Expr::value(*amount), value(*after)]))
        }
    };
    if descending { row.lt(bound) } else { row.gt(bound) }
}

fn value(id: ItemId) -> Expr {
    Expr::value(id.uuid())
}

fn daily_price_order() -> Expr {
    Expr::col((item::Entity, DAILY_PRICE_ORDER))
}

#[cfg(test)]
mod tests;
