//! Which worker has which order. A lease ends by itself, so that another worker goes on where one has died.

use chrono::{DateTime, Utc};
use order_api::OrderId;
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use super::entity::order::{ActiveModel, Column, Entity};

/// Whether any order waits for a worker, without the writer's lock.
pub(crate) async fn any_due(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool, DbErr> {
    Ok(due(now).into_tuple::<Uuid>().one(db).await?.is_some())
}

/// Gives the order that has waited longest to this worker. Others that ask at the same time get others, or none.
pub(crate) async fn claim(
    tx: &DatabaseTransaction,
    worker: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Option<OrderId>, DbErr> {
    let free = due(now).lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    let Some(id) = free.into_tuple::<Uuid>().one(tx).await? else { return Ok(None) };
    let id = OrderId::new(id);
    take(tx, id, worker, until).await?;
    Ok(Some(id))
}

/// Makes the lease last longer. Answers whether it is still this worker's.
pub(crate) async fn renew(
    tx: &DatabaseTransaction,
    id: OrderId,
    worker: Uuid,
    until: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let row = ActiveModel { leased_until: Set(Some(until)), ..Default::default() };
    let own = Entity::update_many().set(row).filter(Column::Id.eq(id.uuid())).filter(Column::LeasedBy.eq(worker));
    Ok(own.exec(tx).await?.rows_affected == 1)
}

/// Gives the order back, if it is still this worker's.
pub(crate) async fn release(tx: &DatabaseTransaction, id: OrderId, worker: Uuid) -> Result<(), DbErr> {
    let row = ActiveModel { leased_until: Set(None), leased_by: Set(None), ..Default::default() };
    let own = Entity::update_many().set(row).filter(Column::Id.eq(id.uuid())).filter(Column::LeasedBy.eq(worker));
    own.exec(tx).await.map(drop)
}

async fn take(tx: &DatabaseTransaction, id: OrderId, worker: Uuid, until: DateTime<Utc>) -> Result<(), DbErr> {
    let row = ActiveModel { leased_until: Set(Some(until)), leased_by: Set(Some(worker)), ..Default::default() };
    Entity::update_many().set(row).filter(Column::Id.eq(id.uuid())).exec(tx).await.map(drop)
}

fn due(now: DateTime<Utc>) -> Select<Entity> {
    let free = Column::LeasedUntil.is_null().or(Column::LeasedUntil.lte(now));
    Entity::find()
        .select_only()
        .column(Column::Id)
        // The words of the index.
        .filter(Expr::cust("due_at IS NOT NULL"))
        .filter(Column::DueAt.lte(now))
        .filter(free)
        .order_by_asc(Column::DueAt)
        .limit(1)
}
