//! The token of the link that makes the first administrator.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter,
};

use super::entity::setup_token::{ActiveModel, Column, Entity};
use crate::domain::link_token::LinkToken;

/// The one row.
const ID: i32 = 1;

/// Puts this token in the place of the one before.
pub(crate) async fn replace(tx: &DatabaseTransaction, token: &LinkToken, now: DateTime<Utc>) -> Result<(), DbErr> {
    let row = ActiveModel { id: Set(ID), digest: Set(token.digest()), created_at: Set(now) };
    let replace = OnConflict::column(Column::Id).update_columns([Column::Digest, Column::CreatedAt]).to_owned();
    Entity::insert(row).on_conflict(replace).exec_without_returning(tx).await.map(drop)
}

/// Whether this is the token.
pub(crate) async fn is_current(db: &impl ConnectionTrait, token: &LinkToken) -> Result<bool, DbErr> {
    Ok(Entity::find().filter(Column::Digest.eq(token.digest())).count(db).await? > 0)
}

/// Uses the token up. Of two that try at once, one is told that it has.
pub(crate) async fn spend(tx: &DatabaseTransaction, token: &LinkToken) -> Result<bool, DbErr> {
    Ok(Entity::delete_many().filter(Column::Digest.eq(token.digest())).exec(tx).await?.rows_affected == 1)
}
