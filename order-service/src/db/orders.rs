//! Orders by their id, with their lines and steps, and changes of them.

use order_api::OrderId;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;
use vocabulary::Secret;

use super::entity::{order, order_line, order_step};
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
    let Some(row) = order::Entity::find_by_id(id.uuid()).one(db).await? else { return Ok(None) };
    let lines = order_line::Entity::find().filter(order_line::Column::OrderId.eq(id.uuid()));
    let lines = lines.order_by_asc(order_line::Column::Position).all(db).await?;
    let steps = order_step::Entity::find().filter(order_step::Column::OrderId.eq(id.uuid()));
    let steps = steps.order_by_asc(order_step::Column::Number).all(db).await?;
    order_of(row, lines, &steps).map(Some)
}

/// As [`find`]; until the transaction ends nobody else can change the order.
pub(crate) async fn find_for_update(tx: &DatabaseTransaction, id: OrderId) -> Result<Option<Order>, DbErr> {
    // Locked by a statement of its own: one that has waited for a row sees its newest version beside older steps.
    let row = order::Entity::find_by_id(id.uuid()).select_only().column(order::Column::Id).lock_exclusive();
    match row.into_tuple::<Uuid>().one(tx).await? {
        Some(_) => read(tx, id).await,
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

/// Writes the next version over the one before it: what of it differs. Answers whether that one was still there.
pub(crate) async fn update(tx: &DatabaseTransaction, before: &Order, next: &Order) -> Result<bool, DbErr> {
    let previous = order::Entity::update_many()
        .set(order_columns(next))
        .filter(order::Column::Id.eq(next.id.uuid()))
        .filter(order::Column::Version.eq(before.version));
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
