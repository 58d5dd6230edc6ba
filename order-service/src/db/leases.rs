//! Which worker has which order. A lease ends by itself, so that another worker goes on where one has died.

use chrono::{DateTime, Utc};
use order_api::OrderId;
use sea_orm::sea_query::{Expr, LockBehavior, LockType, SimpleExpr};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select,
};
use uuid::Uuid;

use super::entity::order::{ActiveModel, Column, Entity};
use super::orders;
use crate::domain::order::Order;

/// An order as one worker's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lease {
    pub(crate) worker: Uuid,
    /// Until when it is; none gives the order back.
    pub(crate) until: Option<DateTime<Utc>>,
}

/// Whether any order waits for a worker, without the writer's lock.
pub(crate) async fn any_due(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool, DbErr> {
    Ok(due(now).into_tuple::<Uuid>().one(db).await?.is_some())
}

/// Gives the order that has waited longest to this worker, until `until`. Others that ask at the same time get others, or
/// none.
pub(crate) async fn claim(
    tx: &DatabaseTransaction,
    worker: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Option<Order>, DbErr> {
    let free = due(now).lock_with_behavior(LockType::Update, LockBehavior::SkipLocked).into_query();
    let first = SimpleExpr::SubQuery(None, Box::new(free.into()));
    let lease = Lease { worker, until: Some(until) };
    let taken = Entity::update_many().set(lease.columns()).filter(Column::Id.into_expr().eq(first));
    match taken.exec_with_returning(tx).await?.pop() {
        Some(row) => orders::with_parts(tx, row).await.map(Some),
        None => Ok(None),
    }
}

impl Lease {
    /// Makes it last until then, or ends it, with nothing else of the order. Answers whether it was still this worker's.
    pub(crate) async fn write(&self, tx: &DatabaseTransaction, id: OrderId) -> Result<bool, DbErr> {
        let own = Entity::update_many().set(self.columns()).filter(Column::Id.eq(id.uuid())).filter(self.is_held());
        Ok(own.exec(tx).await?.rows_affected == 1)
    }

    pub(super) fn columns(&self) -> ActiveModel {
        let by = self.until.map(|_| self.worker);
        ActiveModel { leased_until: Set(self.until), leased_by: Set(by), ..Default::default() }
    }

    pub(super) fn is_held(&self) -> SimpleExpr {
        Column::LeasedBy.eq(self.worker)
    }
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
