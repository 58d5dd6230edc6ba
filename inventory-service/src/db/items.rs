//! Items by their id, and changes of them.

use inventory_api::ItemStatus;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, QueryFilter,
    QuerySelect, Select,
};
use uuid::Uuid;
use vocabulary::{CategoryId, ItemId};

use super::entity::{item, item_tag, item_words};
use super::photos;
use super::rows::{WholeItem, item_of, row_of};
use super::search;
use crate::domain::item::Item;

/// The slug of the category of a row of `items`.
pub(super) const CATEGORY_SLUG: &str = "(SELECT slug FROM categories WHERE categories.id = items.category_id)";

/// The item, whatever its status: who may see it is for the caller to decide.
pub(crate) async fn find(db: &impl ConnectionTrait, id: ItemId) -> Result<Option<Item>, DbErr> {
    Ok(load(db, item::Entity::find_by_id(id.uuid())).await?.pop())
}

/// As [`find`]; until the transaction ends nobody else can change the item.
pub(crate) async fn find_for_update(tx: &DatabaseTransaction, id: ItemId) -> Result<Option<Item>, DbErr> {
    // Locked by a statement of its own: one that has waited for a row sees its newest version beside older tags.
    let row = item::Entity::find_by_id(id.uuid()).select_only().column(item::Column::Id).lock_exclusive();
    match row.into_tuple::<Uuid>().one(tx).await? {
        Some(_) => find(tx, id).await,
        None => Ok(None),
    }
}

/// As [`find_for_update`], in one statement. If another transaction was waited for, tags and photos are those from before it.
pub(crate) async fn find_to_hold(tx: &DatabaseTransaction, id: ItemId) -> Result<Option<Item>, DbErr> {
    Ok(load(tx, item::Entity::find_by_id(id.uuid()).lock_exclusive()).await?.pop())
}

/// Adds items in a few statements; as many as a statement has room for, so at most 500.
pub(crate) async fn insert(tx: &DatabaseTransaction, items: &[Item]) -> Result<(), DbErr> {
    if items.is_empty() {
        return Ok(());
    }
    let rows = items.iter().map(row_of).collect::<Result<Vec<_>, _>>()?;
    item::Entity::insert_many(rows).exec_without_returning(tx).await?;
    item_words::Entity::insert_many(items.iter().map(search::row_of)).exec_without_returning(tx).await?;
    insert_tags(tx, items).await
}

/// Writes the next version over the one before it. Answers whether that one was still there.
pub(crate) async fn update(tx: &DatabaseTransaction, item: &Item) -> Result<bool, DbErr> {
    let id = item.id.uuid();
    let previous = item::Entity::update_many()
        .set(row_of(item)?)
        .filter(item::Column::Id.eq(id))
        .filter(item::Column::Version.eq(item.version - 1));
    if previous.exec(tx).await?.rows_affected == 0 {
        return Ok(false);
    }
    let words = item_words::Entity::update_many().set(search::row_of(item));
    words.filter(item_words::Column::ItemId.eq(id)).exec(tx).await?;
    item_tag::Entity::delete_many().filter(item_tag::Column::ItemId.eq(id)).exec(tx).await?;
    insert_tags(tx, std::slice::from_ref(item)).await?;
    Ok(true)
}

/// The selected items, each whole: one statement sees one state of the database.
pub(super) async fn load(db: &impl ConnectionTrait, select: Select<item::Entity>) -> Result<Vec<Item>, DbErr> {
    let backend = db.get_database_backend();
    let whole = select
        .expr_as(Expr::cust(tags_as_json(backend)), "tags")
        .expr_as(Expr::cust(photos::as_json(backend)), "photos")
        .expr_as(Expr::cust(CATEGORY_SLUG), "category_slug");
    let rows = whole.into_model::<WholeItem>().all(db).await?;
    rows.into_iter().map(item_of).collect()
}

/// The tags of a row of `items`, in their order, as a list in JSON.
fn tags_as_json(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => {
            "(SELECT CAST(json_agg(tag ORDER BY position) AS text) FROM item_tags WHERE item_id = items.id)"
        }
        _ => "(SELECT json_group_array(tag ORDER BY position) FROM item_tags WHERE item_id = items.id)",
    }
}

async fn insert_tags(tx: &DatabaseTransaction, items: &[Item]) -> Result<(), DbErr> {
    let rows: Vec<_> = items.iter().flat_map(tag_rows).collect();
    if rows.is_empty() {
        return Ok(());
    }
    item_tag::Entity::insert_many(rows).exec_without_returning(tx).await.map(drop)
}

fn tag_rows(item: &Item) -> impl Iterator<Item = item_tag::ActiveModel> {
    let item_id = item.id.uuid();
    (0..).zip(&item.content.tags).map(move |(position, tag)| item_tag::ActiveModel {
        item_id: Set(item_id),
        position: Set(position),
        tag: Set(tag.clone()),
    })
}

/// Whether any item that is not retired is in the category.
pub(crate) async fn any_in_category(db: &impl ConnectionTrait, id: CategoryId) -> Result<bool, DbErr> {
    let found = item::Entity::find().select_only().column(item::Column::Id);
    let found = found.filter(item::Column::CategoryId.eq(id.uuid())).filter(is_kept());
    Ok(found.limit(1).into_tuple::<Uuid>().one(db).await?.is_some())
}

/// Lets the retired items of a category go, so that it can be removed.
pub(crate) async fn let_go(tx: &DatabaseTransaction, category: CategoryId) -> Result<(), DbErr> {
    let gone = item::Entity::update_many()
        .set(item::ActiveModel { category_id: Set(None), ..Default::default() })
        .col_expr(item::Column::Version, Expr::col(item::Column::Version).add(1))
        .filter(item::Column::CategoryId.eq(category.uuid()));
    gone.filter(item::Column::Status.eq(ItemStatus::Retired.as_str())).exec(tx).await.map(drop)
}

fn is_kept() -> Expr {
    item::Column::Status.is_in([ItemStatus::Draft, ItemStatus::Listed, ItemStatus::Paused].map(ItemStatus::as_str))
}
