//! Categories, all of them or one.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect,
};
use vocabulary::CategoryId;

use super::entity::category;
use super::rows::category_of;
use crate::domain::category::{Categories, Category};

/// The whole tree.
pub(crate) async fn all(db: &impl ConnectionTrait) -> Result<Categories, DbErr> {
    category::Entity::find().all(db).await?.into_iter().map(category_of).collect()
}

/// As [`all`]; until the transaction ends nobody else can change or remove one that is there.
pub(crate) async fn all_for_update(tx: &DatabaseTransaction) -> Result<Categories, DbErr> {
    category::Entity::find().lock(LockType::NoKeyUpdate).all(tx).await?.into_iter().map(category_of).collect()
}

pub(crate) async fn insert(tx: &DatabaseTransaction, category: &Category, now: DateTime<Utc>) -> Result<(), DbErr> {
    let row = category::ActiveModel {
        id: Set(category.id.uuid()),
        slug: Set(category.slug.to_string()),
        name: Set(category.name.clone()),
        parent_id: Set(category.parent_id.map(CategoryId::uuid)),
        version: Set(category.version),
        created_at: Set(now),
        updated_at: Set(now),
    };
    category::Entity::insert(row).exec_without_returning(tx).await.map(drop)
}

/// Writes the next version over the one before it. Answers whether that one was still there.
pub(crate) async fn update(tx: &DatabaseTransaction, category: &Category, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let row = category::ActiveModel {
        name: Set(category.name.clone()),
        parent_id: Set(category.parent_id.map(CategoryId::uuid)),
        version: Set(category.version),
        updated_at: Set(now),
        ..Default::default()
    };
    let previous = category::Entity::update_many()
        .set(row)
        .filter(category::Column::Id.eq(category.id.uuid()))
        .filter(category::Column::Version.eq(category.version - 1));
    Ok(previous.exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn delete(tx: &DatabaseTransaction, id: CategoryId) -> Result<(), DbErr> {
    category::Entity::delete_by_id(id.uuid()).exec(tx).await.map(drop)
}
