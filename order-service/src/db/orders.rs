//! Orders by their id, with their lines and steps, and changes of them.

use order_api::OrderId;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use vocabulary::Secret;

use super::entity::{order, order_line, order_step};
use super::leases::Lease;
use super::rows::{line_row, order_columns, order_of, step_row};
use crate::domain::order::Order;

/// The order, whoever it concerns: that is for the caller to decide.
pub(crate) async fn find(db: &impl ConnectionTrait, id: OrderId) -> Result<Option<Order>, DbErr> {
    loop {
        let found = read(db, id).await?;
        let version = order::Entity::find_by_id(id.uuid()).select_only().column(order::Column::Version);
        let version: Option<i64> = version.into_tuple().one(db).await?;
        // Each statement sees a moment of its own: an order that has moved on meanwhile has steps that its state does not
        // know of, and is read again.
        if found.as_ref().map(|order| order.version) == version {
            return Ok(found);
        }
    }
}

async fn read(db: &impl ConnectionTrait, id: OrderId) -> Result<Option<Order>, DbErr> {
    match order::Entity::find_by_id(id.uuid()).one(db).await? {
        Some(row) => with_parts(db, row).await.map(Some),
        None => Ok(None),
    }
}

/// The order with its lines and steps, as they are now.
pub(super) async fn with_parts(db: &impl ConnectionTrait, row: order::Model) -> Result<Order, DbErr> {
    let lines = order_line::Entity::find().filter(order_line::Column::OrderId.eq(row.id));
    let lines = lines.order_by_asc(order_line::Column::Position).all(db).await?;
    let steps = order_step::Entity::find().filter(order_step::Column::OrderId.eq(row.id));
    let steps = steps.order_by_asc(order_step::Column::Number).all(db).await?;
    order_of(row, lines, &steps)
}

/// As [`find`]; until the transaction ends nobody else can change the order.
pub(crate) async fn find_for_update(tx: &DatabaseTransaction, id: OrderId) -> Result<Option<Order>, DbErr> {
    // Its lines and steps are read once it is locked: who has waited for the row would see older ones beside it.
    match order::Entity::find_by_id(id.uuid()).lock_exclusive().one(tx).await? {
        Some(row) => with_parts(tx, row).await.map(Some),
        None => Ok(None),
    }
}

/// As [`find_for_update`], if the order is this worker's.
pub(crate) async fn find_leased(tx: &DatabaseTransaction, id: OrderId, lease: &Lease) -> Result<Option<Order>, DbErr> {
    let own = order::Entity::find_by_id(id.uuid()).filter(lease.is_held());
    match own.lock_exclusive().one(tx).await? {
        Some(row) => with_parts(tx, row).await.map(Some),
        None => Ok(None),
    }
}

/// Writes a new order down, with the token that its payment is asked for with.
pub(crate) async fn insert(tx: &DatabaseTransaction, new: &Order, token: Option<&Secret>) -> Result<(), DbErr> {
    let row = order::ActiveModel {
        id: Set(new.id.uuid()),
        number: Set(new.number),
        borrower_id: Set(new.borrower_id.uuid()),
        currency: Set(new.currency.as_str().to_owned()),
        total_minor: Set(new.total()),
        deposit_minor: Set(new.deposit_total()),
        provider: Set(new.provider.map(|provider| provider.as_str().to_owned())),
        payment_token: Set(token.map(|token| token.expose().to_owned())),
        created_at: Set(new.created_at),
        ..order_columns(new)
    };
    order::Entity::insert(row).exec_without_returning(tx).await?;
    let lines = new.lines.iter().enumerate().map(|(position, line)| line_row(new, position, line));
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
    order_line::Entity::insert_many(lines).exec_without_returning(tx).await?;
    let steps = new.steps.iter().map(|step| step_row(new, step)).collect::<Result<Vec<_>, _>>()?;
    order_step::Entity::insert_many(steps).exec_without_returning(tx).await.map(drop)
}

/// Writes the next version over the one before it: what of it differs, and the lease if it is a worker's. Answers whether
/// that version, and the lease, were still there.
pub(crate) async fn update(
    tx: &DatabaseTransaction,
    before: &Order,
    next: &Order,
    lease: Option<&Lease>,
) -> Result<bool, DbErr> {
    let mut previous = order::Entity::update_many()
        .set(order_columns(next))
        .filter(order::Column::Id.eq(next.id.uuid()))
        .filter(order::Column::Version.eq(before.version));
    if let Some(lease) = lease {
        previous = previous.set(lease.columns()).filter(lease.is_held());
    }
    if previous.exec(tx).await?.rows_affected == 0 {
        return Ok(false);
    }
    let lines = next.lines.iter().zip(&before.lines).enumerate().filter(|(_, (line, old))| line != old);
    for (position, (line, _)) in lines {
        order_line::Entity::update(line_row(next, position, line)?).exec(tx).await?;
    }
    for (step, _) in next.steps.iter().zip(&before.steps).filter(|(step, old)| step != old) {
        order_step::Entity::update(step_row(next, step)?).exec(tx).await?;
    }
    let new = next.steps.get(before.steps.len()..).unwrap_or_default();
    if new.is_empty() {
        return Ok(true);
    }
    let rows = new.iter().map(|step| step_row(next, step)).collect::<Result<Vec<_>, _>>()?;
    order_step::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(true)
}

/// What the payer's provider has given for this order, until it is forgotten.
pub(crate) async fn payment_token(db: &impl ConnectionTrait, id: OrderId) -> Result<Option<Secret>, DbErr> {
    let row = order::Entity::find_by_id(id.uuid()).select_only().column(order::Column::PaymentToken);
    let token: Option<Option<String>> = row.into_tuple().one(db).await?;
    Ok(token.flatten().map(Secret::new))
}

/// Forgets the token.
pub(crate) async fn forget_payment_token(tx: &DatabaseTransaction, id: OrderId) -> Result<(), DbErr> {
    let row = order::ActiveModel { payment_token: Set(None), ..Default::default() };
    let of_order = order::Entity::update_many().set(row).filter(order::Column::Id.eq(id.uuid()));
    of_order.filter(order::Column::PaymentToken.is_not_null()).exec(tx).await.map(drop)
}
