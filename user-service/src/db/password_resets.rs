//! The links with which administrators let somebody set a new password.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
};
use vocabulary::UserId;

use super::entity::password_reset::{ActiveModel, Column, Entity};
use crate::domain::link_token::LinkToken;

/// Puts this token in the place of the one that the account had.
pub(crate) async fn replace(
    tx: &DatabaseTransaction,
    user: UserId,
    token: &LinkToken,
    expires_at: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = ActiveModel { user_id: Set(user.uuid()), digest: Set(token.digest()), expires_at: Set(expires_at) };
    let replace = OnConflict::column(Column::UserId).update_columns([Column::Digest, Column::ExpiresAt]).to_owned();
    Entity::insert(row).on_conflict(replace).exec_without_returning(tx).await.map(drop)
}

/// Whose password the token may set at `now`.
pub(crate) async fn owner(
    db: &impl ConnectionTrait,
    token: &LinkToken,
    now: DateTime<Utc>,
) -> Result<Option<UserId>, DbErr> {
    let row = Entity::find().filter(usable(token, now)).one(db).await?;
    Ok(row.map(|row| UserId::new(row.user_id)))
}

/// Uses the token up. Of two that try at once, one is told that it has.
pub(crate) async fn spend(tx: &DatabaseTransaction, token: &LinkToken, now: DateTime<Utc>) -> Result<bool, DbErr> {
    Ok(Entity::delete_many().filter(usable(token, now)).exec(tx).await?.rows_affected == 1)
}

/// Makes the account's token worthless, if it has one.
pub(crate) async fn discard(tx: &DatabaseTransaction, user: UserId) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::UserId.eq(user.uuid())).exec(tx).await.map(drop)
}

fn usable(token: &LinkToken, now: DateTime<Utc>) -> Condition {
    Condition::all().add(Column::Digest.eq(token.digest())).add(Column::ExpiresAt.gt(now))
}
