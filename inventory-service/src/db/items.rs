//! Items by their id, and changes of them.

use std::collections::HashMap;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;
use vocabulary::{CategoryId, ItemId};

use super::entity::{category, item, item_tag, item_words};
use super::rows::{category_of, item_of, row_of};
use super::search;
use crate::domain::category::CategoryRef;
use crate::domain::item::Item;

/// The item, whatever its status: who may see it is for the caller to decide.
pub(crate) async fn find(db: &impl ConnectionTrait, id: ItemId) -> Result<Option<Item>, DbErr> {
    let row = item::Entity::find_by_id(id.uuid()).one(db).await?;
    Ok(assemble(db, row.into_iter().collect()).await?.pop())
}

/// As [`find`]; until the transaction ends nobody else can change the item.
pub(crate) async fn find_for_update(tx: &DatabaseTransaction, id: ItemId) -> Result<Option<Item>, DbErr> {
    let row = item::Entity::find_by_id(id.uuid()).lock_exclusive().one(tx).await?;
    Ok(assemble(tx, row.into_iter().collect()).await?.pop())
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
    let words = item_words::Entity::update_many().filter(item_words::Column::ItemId.eq(id));
    words.col_expr(item_words::Column::Words, Expr::value(search::text_of(item))).exec(tx).await?;
    item_tag::Entity::delete_many().filter(item_tag::Column::ItemId.eq(id)).exec(tx).await?;
    insert_tags(tx, std::slice::from_ref(item)).await?;
    Ok(true)
}

/// Items of their rows, in the rows' order.
pub(super) async fn assemble(db: &impl ConnectionTrait, rows: Vec<item::Model>) -> Result<Vec<Item>, DbErr> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let categories = categories_of(db, &rows).await?;
    let mut tags = tags_of(db, &rows).await?;
    let whole = |row: item::Model| {
        let category = categories.get(&row.category_id).cloned();
        let category = category.ok_or_else(|| DbErr::RecordNotFound(format!("category {}", row.category_id)))?;
        let tags = tags.remove(&row.id).unwrap_or_default();
        item_of(row, category, tags)
    };
    rows.into_iter().map(whole).collect()
}

async fn categories_of(db: &impl ConnectionTrait, rows: &[item::Model]) -> Result<HashMap<Uuid, CategoryRef>, DbErr> {
    let mut ids: Vec<_> = rows.iter().map(|row| row.category_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = category::Entity::find().filter(category::Column::Id.is_in(ids)).all(db).await?;
    found.into_iter().map(|row| category_of(row).map(|category| (category.id.uuid(), category.as_ref()))).collect()
}

async fn tags_of(db: &impl ConnectionTrait, rows: &[item::Model]) -> Result<HashMap<Uuid, Vec<String>>, DbErr> {
    let ids = rows.iter().map(|row| row.id);
    let found = item_tag::Entity::find()
        .filter(item_tag::Column::ItemId.is_in(ids))
        .order_by_asc(item_tag::Column::ItemId)
        .order_by_asc(item_tag::Column::Position);
    let mut tags: HashMap<_, Vec<_>> = HashMap::new();
    for row in found.all(db).await? {
        tags.entry(row.item_id).or_default().push(row.tag);
    }
    Ok(tags)
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

/// Whether any item, retired ones included, is in the category.
pub(crate) async fn any_in_category(db: &impl ConnectionTrait, id: CategoryId) -> Result<bool, DbErr> {
    let found = item::Entity::find().select_only().column(item::Column::Id);
    let found = found.filter(item::Column::CategoryId.eq(id.uuid())).limit(1).into_tuple::<Uuid>();
    Ok(found.one(db).await?.is_some())
}
