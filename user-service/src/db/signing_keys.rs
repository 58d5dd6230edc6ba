//! The keys that sign access tokens.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
};
use service_kit::db::is_unique_violation;
use user_api::KeyState;

use super::entity::signing_key::{ActiveModel, Column, Entity, Model};
use crate::domain::token::{KeyError, SigningKey, StoredKey};

/// Every key, newest first.
///
/// # Errors
/// The outer when the database fails, the inner when a key is damaged.
pub(crate) async fn all(db: &impl ConnectionTrait) -> Result<Result<Vec<StoredKey>, KeyError>, DbErr> {
    let rows = Entity::find().order_by_desc(Column::CreatedAt).order_by_desc(Column::Kid).all(db).await?;
    let mut keys = Vec::with_capacity(rows.len());
    for row in rows {
        let state = state_of(&row.state)?;
        match stored(row, state) {
            Ok(key) => keys.push(key),
            Err(damage) => return Ok(Err(damage)),
        }
    }
    Ok(Ok(keys))
}

/// Makes this the key that signs, unless another instance was faster.
pub(crate) async fn activate_first(
    tx: &DatabaseTransaction,
    key: &SigningKey,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let insert = Entity::insert(row_of(key, KeyState::Active, now));
    let insert = insert.on_conflict(OnConflict::new().do_nothing().to_owned());
    insert.exec_without_returning(tx).await.map(drop)
}

/// Answers whether no other key was published; if one was, the transaction can only be given up.
pub(crate) async fn publish(tx: &DatabaseTransaction, key: &SigningKey, now: DateTime<Utc>) -> Result<bool, DbErr> {
    match Entity::insert(row_of(key, KeyState::Published, now)).exec_without_returning(tx).await {
        Ok(_inserted) => Ok(true),
        Err(error) if is_unique_violation(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Moves a key from one state to the next. Answers whether it was in the first; if not, nothing has changed.
pub(crate) async fn move_on(
    tx: &DatabaseTransaction,
    kid: &str,
    (from, to): (KeyState, KeyState),
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let change = ActiveModel { state: Set(state_word(to).to_owned()), state_since: Set(now), ..Default::default() };
    let update = Entity::update_many().set(change).filter(Column::Kid.eq(kid));
    Ok(update.filter(Column::State.eq(state_word(from))).exec(tx).await?.rows_affected == 1)
}

/// Deletes a key that is retired. Answers whether it was.
pub(crate) async fn delete(tx: &DatabaseTransaction, kid: &str) -> Result<bool, DbErr> {
    let retired = Entity::delete_many().filter(Column::Kid.eq(kid));
    Ok(retired.filter(Column::State.eq(state_word(KeyState::Retired))).exec(tx).await?.rows_affected == 1)
}

fn row_of(key: &SigningKey, state: KeyState, now: DateTime<Utc>) -> ActiveModel {
    ActiveModel {
        kid: Set(key.kid().to_owned()),
        private_key: Set(key.pkcs8().to_vec()),
        state: Set(state_word(state).to_owned()),
        created_at: Set(now),
        state_since: Set(now),
    }
}

fn stored(row: Model, state: KeyState) -> Result<StoredKey, KeyError> {
    let key = SigningKey::from_pkcs8(row.private_key)?;
    Ok(StoredKey { key, state, created_at: row.created_at, state_since: row.state_since })
}

fn state_word(state: KeyState) -> &'static str {
    match state {
        KeyState::Published => "published",
        KeyState::Active => "active",
        KeyState::Retired => "retired",
    }
}

fn state_of(word: &str) -> Result<KeyState, DbErr> {
    let known = [KeyState::Published, KeyState::Active, KeyState::Retired];
    let known = known.into_iter().find(|state| state_word(*state) == word);
    known.ok_or_else(|| DbErr::Type(format!("signing_keys.state is {word:?}")))
}
