//! The audit trail: what happened to accounts, sessions and keys. Rows are only added, and deleted when they are old.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use user_api::{SecurityEventId, SecurityEventKind};
use vocabulary::{SessionId, UserId};

use super::entity::security_event::{ActiveModel, Column, Entity};
use super::rows::{event_of, word_of};
use crate::domain::security_event::SecurityEvent;

/// Which events a list shows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct EventFilter {
    pub(crate) kind: Option<SecurityEventKind>,
    pub(crate) user: Option<UserId>,
    pub(crate) actor: Option<UserId>,
}

/// Adds an event, in the transaction of the change that it tells of.
pub(crate) async fn insert(
    tx: &DatabaseTransaction,
    id: SecurityEventId,
    event: SecurityEvent,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = ActiveModel {
        id: Set(id.uuid()),
        at: Set(now),
        kind: Set(word_of(event.kind)?),
        user_id: Set(event.user_id.map(UserId::uuid)),
        actor_id: Set(event.actor.user_id.map(UserId::uuid)),
        session_id: Set(event.actor.session_id.map(SessionId::uuid)),
        address: Set(event.actor.address.as_ref().map(IpAddr::to_string)),
        note: Set(event.note),
    };
    Entity::insert(row).exec_without_returning(tx).await.map(drop)
}

/// The newest events, from the one before `before`.
pub(crate) async fn page(
    db: &impl ConnectionTrait,
    filter: EventFilter,
    before: Option<SecurityEventId>,
    limit: u64,
) -> Result<Vec<user_api::SecurityEvent>, DbErr> {
    let mut events = Entity::find();
    if let Some(kind) = filter.kind {
        events = events.filter(Column::Kind.eq(word_of(kind)?));
    }
    if let Some(user) = filter.user {
        events = events.filter(Column::UserId.eq(user.uuid()));
    }
    if let Some(actor) = filter.actor {
        events = events.filter(Column::ActorId.eq(actor.uuid()));
    }
    if let Some(before) = before {
        events = events.filter(Column::Id.lt(before.uuid()));
    }
    let rows = events.order_by_desc(Column::Id).limit(limit).all(db).await?;
    rows.into_iter().map(event_of).collect()
}

/// Removes where this user was when something happened.
pub(crate) async fn forget_addresses(tx: &DatabaseTransaction, user: UserId) -> Result<(), DbErr> {
    let change = ActiveModel { address: Set(None), ..Default::default() };
    let touched = Condition::any().add(Column::UserId.eq(user.uuid())).add(Column::ActorId.eq(user.uuid()));
    Entity::update_many().set(change).filter(touched).exec(tx).await.map(drop)
}

/// Deletes what happened before `then`. Answers how many events.
pub(crate) async fn purge(tx: &DatabaseTransaction, then: DateTime<Utc>) -> Result<u64, DbErr> {
    Ok(Entity::delete_many().filter(Column::At.lt(then)).exec(tx).await?.rows_affected)
}
