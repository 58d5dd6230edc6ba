//! The keys that sign access tokens.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};

use super::entity::signing_key::{ActiveModel, Column, Entity};
use crate::domain::token::{KeyError, SigningKey};

/// The state of the one key that signs.
const ACTIVE: &str = "active";

/// The key that signs, if there is one.
///
/// # Errors
/// The outer when the database fails, the inner when the key is damaged.
pub(crate) async fn active(db: &impl ConnectionTrait) -> Result<Option<Result<SigningKey, KeyError>>, DbErr> {
    let row = Entity::find().filter(Column::State.eq(ACTIVE)).one(db).await?;
    Ok(row.map(|row| SigningKey::from_pkcs8(row.private_key)))
}

/// Makes this the key that signs, unless another instance was faster.
pub(crate) async fn activate_first(
    tx: &DatabaseTransaction,
    key: &SigningKey,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = ActiveModel {
        kid: Set(key.kid().to_owned()),
        private_key: Set(key.pkcs8().to_vec()),
        state: Set(ACTIVE.to_owned()),
        created_at: Set(now),
    };
    let insert = Entity::insert(row).on_conflict(OnConflict::new().do_nothing().to_owned());
    insert.exec_without_returning(tx).await.map(drop)
}
