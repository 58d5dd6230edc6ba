//! Orders by their id, with their lines and steps.

use std::collections::HashMap;

use order_api::OrderId;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;
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
async fn with_parts(db: &impl ConnectionTrait, row: order::Model) -> Result<Order, DbErr> {
    let whole = each_with_parts(db, vec![row]).await?.pop().transpose()?;
    whole.ok_or_else(|| DbErr::Custom("an order has to be there once it was read".to_owned()))
}

/// As [`with_parts`], for several in their order, in two statements.
/// Each of these orders, or what is written down there and not understood.
pub(super) async fn each_with_parts(
    db: &impl ConnectionTrait,
    rows: Vec<order::Model>,
) -> Result<Vec<Result<Order, DbErr>>, DbErr> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let lines = order_line::Entity::find().filter(order_line::Column::OrderId.is_in(ids.clone()));
    let lines = lines.order_by_asc(order_line::Column::Position).all(db).await?;
    let mut lines = by_order(lines, |line| line.order_id);
    let steps = order_step::Entity::find().filter(order_step::Column::OrderId.is_in(ids));
    let steps = steps.order_by_asc(order_step::Column::Number).all(db).await?;
    let mut steps = by_order(steps, |step| step.order_id);
    let whole = rows.into_iter().map(|row| {
        let (lines, steps) = (lines.remove(&row.id), steps.remove(&row.id));
        order_of(row, lines.unwrap_or_default(), &steps.unwrap_or_default())
    });
    Ok(whole.collect())
}

fn by_order<T>(rows: Vec<T>, order: impl Fn(&T) -> Uuid) -> HashMap<Uuid, Vec<T>> {
    let mut sorted: HashMap<Uuid, Vec<T>> = HashMap::new();
    for row in rows {
        sorted.entry(order(&row)).or_default().push(row);
    }
    sorted
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

/// Writes a new order down, with the token that its payment is asked for with, and with the lease of whoever begins at once.
pub(crate) async fn insert(
    tx: &DatabaseTransaction,
    new: &Order,
    token: Option<&Secret>,
    lease: Option<&Lease>,
) -> Result<(), DbErr> {
    let leased = lease.map(Lease::columns).unwrap_or_default();
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
        leased_until: leased.leased_until,
        leased_by: leased.leased_by,
        ..order_columns(new)
    };
    order::Entity::insert(row).exec_without_returning(tx).await?;
    let lines = new.lines.iter().enumerate().map(|(position, line)| line_row(new, position, line));
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
    order_line::Entity::insert_many(lines).exec_without_returning(tx).await?;
    let steps = new.steps.iter().map(|step| step_row(new, step)).collect::<Result<Vec<_>, _>>()?;
    order_step::Entity::insert_many(steps).exec_without_returning(tx).await.map(drop)
}

/// What the payer's provider has given for this order, until it is forgotten.
pub(crate) async fn payment_token(db: &impl ConnectionTrait, id: OrderId) -> Result<Option<Secret>, DbErr> {
    let row = order::Entity::find_by_id(id.uuid()).select_only().column(order::Column::PaymentToken);
    let token: Option<Option<String>> = row.into_tuple().one(db).await?;
    Ok(token.flatten().map(Secret::new))
}
