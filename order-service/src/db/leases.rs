//! Which worker has which order. A lease ends by itself, so that another worker goes on where one has died.

use chrono::{DateTime, Utc};
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
    /// Another one for each claim: who has claimed an order again does not write as who had it before.
    pub(crate) worker: Uuid,
    /// Until when it is; none gives the order back.
    pub(crate) until: Option<DateTime<Utc>>,
}

/// Whether any order waits for a worker, without the writer's lock.
pub(crate) async fn any_due(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool, DbErr> {
    Ok(due(now).limit(1).into_tuple::<Uuid>().one(db).await?.is_some())
}

/// Leases at most so many of the orders that have waited longest, the first first. Others that ask at the same time get
/// others, or none.
pub(crate) async fn claim(
    tx: &DatabaseTransaction,
    lease: &Lease,
    now: DateTime<Utc>,
    most: usize,
) -> Result<Vec<Order>, DbErr> {
    let free = due(now).limit(most as u64).lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    let taken = Entity::update_many().set(lease.columns()).filter(Column::Id.in_subquery(free.into_query()));
    let mut rows = taken.exec_with_returning(tx).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    rows.sort_by_key(|row| row.due_at);
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let claimed = ids.into_iter().zip(orders::each_with_parts(tx, rows).await?);
    Ok(claimed.filter_map(|(id, order)| understood(id, order)).collect())
}

/// An order that is not understood, as a later version may have written it, keeps nobody from the others: it waits until this
/// lease of it is over.
fn understood(id: Uuid, order: Result<Order, DbErr>) -> Option<Order> {
    order
        .inspect_err(|error| tracing::error!(order_id = %id, %error, "an order is left alone that is not understood"))
        .ok()
}

impl Lease {
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
}
