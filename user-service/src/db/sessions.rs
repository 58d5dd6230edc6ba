//! Sessions: logins that have not ended, and for a while those that have.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, Select, UpdateMany,
};
use uuid::Uuid;
use vocabulary::{SessionId, UserId};

use super::entity::session::{ActiveModel, Column, Entity};
use super::entity::user;
use super::rows::{open_session_of, session_of};
use crate::domain::session::{EndReason, Session, Standing};

pub(crate) async fn insert(tx: &DatabaseTransaction, user: UserId, session: &Session) -> Result<(), DbErr> {
    let row = ActiveModel {
        id: Set(session.id.uuid()),
        user_id: Set(user.uuid()),
        device: Set(session.device.clone()),
        created_at: Set(session.created_at),
        last_used_at: Set(session.last_used_at),
        expires_at: Set(session.expires_at),
        ended_at: Set(None),
        end_reason: Set(None),
    };
    Entity::insert(row).exec_without_returning(tx).await.map(drop)
}

/// How the session and its user stand. One that was never there has ended.
pub(crate) async fn standing(db: &impl ConnectionTrait, id: SessionId) -> Result<Standing, DbErr> {
    let found = Entity::find_by_id(id.uuid()).find_also_related(user::Entity).one(db).await?;
    let Some((session, Some(user))) = found else {
        return Ok(Standing::Ended);
    };
    Ok(open_session_of(&session, &user)?.map_or(Standing::Ended, Standing::Open))
}

/// The user's sessions that can still be used, newest first, from the one before `before`.
pub(crate) async fn page(
    db: &impl ConnectionTrait,
    user: UserId,
    before: Option<SessionId>,
    limit: u64,
    now: DateTime<Utc>,
) -> Result<Vec<Session>, DbErr> {
    let mut live = of_user(user).filter(Column::ExpiresAt.gt(now));
    if let Some(before) = before {
        live = live.filter(Column::Id.lt(before.uuid()));
    }
    let rows = live.order_by_desc(Column::Id).limit(limit).all(db).await?;
    Ok(rows.into_iter().map(session_of).collect())
}

/// The user's sessions that had not ended by `then`.
pub(crate) async fn open_since(
    db: &impl ConnectionTrait,
    user: UserId,
    then: DateTime<Utc>,
) -> Result<Vec<SessionId>, DbErr> {
    let open = Condition::any().add(Column::EndedAt.is_null()).add(Column::EndedAt.gt(then));
    let of_user = Entity::find().select_only().column(Column::Id).filter(Column::UserId.eq(user.uuid()));
    let ids: Vec<Uuid> = of_user.filter(open).into_tuple().all(db).await?;
    Ok(ids.into_iter().map(SessionId::new).collect())
}

/// Answers whether the session has not ended. Until the transaction ends nobody else ends, renews or refreshes it.
pub(crate) async fn hold(tx: &DatabaseTransaction, id: SessionId) -> Result<bool, DbErr> {
    let open = Entity::find_by_id(id.uuid()).filter(Column::EndedAt.is_null());
    Ok(open.lock(LockType::Update).one(tx).await?.is_some())
}

/// Notes that the session was used.
pub(crate) async fn touch(tx: &DatabaseTransaction, id: SessionId, now: DateTime<Utc>) -> Result<(), DbErr> {
    let change = ActiveModel { last_used_at: Set(now), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id.uuid())).exec(tx).await.map(drop)
}

/// Lets the session run until `expires_at`.
pub(crate) async fn renew(tx: &DatabaseTransaction, id: SessionId, expires_at: DateTime<Utc>) -> Result<(), DbErr> {
    let change = ActiveModel { expires_at: Set(expires_at), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id.uuid())).exec(tx).await.map(drop)
}

/// Ends one session of this user. Answers whether there was one to end.
pub(crate) async fn end(
    tx: &DatabaseTransaction,
    user: UserId,
    id: SessionId,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let ended = ending(user, reason, now).filter(Column::Id.eq(id.uuid())).exec(tx).await?;
    Ok(ended.rows_affected == 1)
}

/// Ends every session of this user, but the one to be kept, and answers which.
pub(crate) async fn end_all(
    tx: &DatabaseTransaction,
    user: UserId,
    kept: Option<SessionId>,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<Vec<SessionId>, DbErr> {
    let mut ending = ending(user, reason, now);
    if let Some(kept) = kept {
        ending = ending.filter(Column::Id.ne(kept.uuid()));
    }
    let ended = ending.exec_with_returning(tx).await?;
    Ok(ended.into_iter().map(|row| SessionId::new(row.id)).collect())
}

/// Ends the user's live sessions but the `kept` that were used last, and answers which it has ended.
pub(crate) async fn end_least_used(
    tx: &DatabaseTransaction,
    user: UserId,
    kept: u64,
    now: DateTime<Utc>,
) -> Result<Vec<SessionId>, DbErr> {
    let live = of_user(user).filter(Column::ExpiresAt.gt(now)).select_only().column(Column::Id);
    let by_use = live.order_by_desc(Column::LastUsedAt).order_by_desc(Column::Id);
    // SQLite knows no offset without a limit.
    let ids: Vec<Uuid> = by_use.offset(kept).limit(u64::from(u32::MAX)).into_tuple().all(tx).await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // Locked in this order, so that two who sign in at once do not wait for each other.
    let in_turn = of_user(user).filter(Column::Id.is_in(ids.clone())).order_by_asc(Column::Id).lock(LockType::Update);
    in_turn.all(tx).await?;
    let ended = ending(user, EndReason::Crowded, now).filter(Column::Id.is_in(ids)).exec_with_returning(tx).await?;
    Ok(ended.into_iter().map(|row| SessionId::new(row.id)).collect())
}

/// Removes what the user's sessions say of their devices.
pub(crate) async fn forget_devices(tx: &DatabaseTransaction, user: UserId) -> Result<(), DbErr> {
    let change = ActiveModel { device: Set(None), ..Default::default() };
    Entity::update_many().set(change).filter(Column::UserId.eq(user.uuid())).exec(tx).await.map(drop)
}

/// Deletes the sessions that ended or expired before `then`, with their refresh tokens. Answers how many.
pub(crate) async fn purge(tx: &DatabaseTransaction, then: DateTime<Utc>) -> Result<u64, DbErr> {
    let over = Condition::any().add(Column::ExpiresAt.lt(then)).add(Column::EndedAt.lt(then));
    Ok(Entity::delete_many().filter(over).exec(tx).await?.rows_affected)
}

fn of_user(user: UserId) -> Select<Entity> {
    Entity::find().filter(Column::UserId.eq(user.uuid())).filter(Column::EndedAt.is_null())
}

fn ending(user: UserId, reason: EndReason, now: DateTime<Utc>) -> UpdateMany<Entity> {
    let change = ActiveModel {
        ended_at: Set(Some(now)),
        end_reason: Set(Some(reason.as_str().to_owned())),
        ..Default::default()
    };
    let of_user = Entity::update_many().set(change).filter(Column::UserId.eq(user.uuid()));
    of_user.filter(Column::EndedAt.is_null())
}
