//! Changes of orders: each writes the next version over the one before it, or nothing.

use std::collections::HashSet;

use order_api::OrderId;
use sea_orm::sea_query::{Expr, ExprTrait, IntoIden, OnConflict, Query, TableRef, UpdateStatement, ValueTuple};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
    QueryFilter,
};

use super::entity::order::{ActiveModel, Column, Entity};
use super::entity::{order_line, order_step};
use super::leases::Lease;
use super::rows::{line_row, order_columns, step_row};
use crate::domain::order::Order;

/// The columns of a worker's change, besides the payer's token.
const WRITTEN: [Column; 10] = [
    Column::PaymentId,
    Column::State,
    Column::StateReason,
    Column::Stuck,
    Column::Deadline,
    Column::DueAt,
    Column::Version,
    Column::UpdatedAt,
    Column::LeasedUntil,
    Column::LeasedBy,
];

/// The rows of a worker's changes, as a statement names them.
const CHANGE: &str = "change";

/// The next version of an order.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) before: &'a Order,
    pub(crate) next: &'a Order,
    /// Whether the payer's token is needed no more.
    pub(crate) forgets_token: bool,
}

/// Writes what differs. Answers whether the version before was still there.
pub(crate) async fn update(tx: &DatabaseTransaction, change: &Change<'_>) -> Result<bool, DbErr> {
    let Change { before, next, forgets_token } = *change;
    let mut previous = Entity::update_many()
        .set(order_columns(next))
        .filter(Column::Id.eq(next.id.uuid()))
        .filter(Column::Version.eq(before.version));
    if forgets_token {
        previous = previous.set(ActiveModel { payment_token: Set(None), ..Default::default() });
    }
    if previous.exec(tx).await?.rows_affected == 0 {
        return Ok(false);
    }
    write_parts(tx, &[change]).await?;
    Ok(true)
}

/// Writes changes of orders by the workers that have them, of several different orders in a few statements. Answers those whose version
/// before, and whose lease, were still there; of the others nothing is written.
pub(crate) async fn update_leased(
    tx: &DatabaseTransaction,
    changes: &[(Change<'_>, Lease)],
) -> Result<HashSet<OrderId>, DbErr> {
    let rows = tx.query_all(&leased_update(changes)?).await?;
    let written = rows.iter().map(|row| row.try_get_by_index(0).map(OrderId::new));
    let written: HashSet<_> = written.collect::<Result<_, _>>()?;
    let changes = changes.iter().map(|(change, _)| change).filter(|change| written.contains(&change.next.id));
    write_parts(tx, &changes.collect::<Vec<_>>()).await?;
    Ok(written)
}

fn leased_update(changes: &[(Change<'_>, Lease)]) -> Result<UpdateStatement, DbErr> {
    let rows = changes.iter().map(|(change, lease)| row(change, lease)).collect::<Result<_, _>>()?;
    // Both databases give columns without a name these.
    let given = |number: usize| Expr::col((CHANGE, format!("column{number}")));
    let kept = |column: Column| Expr::col((Entity, column));
    let token = Expr::case(given(4), Expr::cust("NULL")).finally(kept(Column::PaymentToken));
    let mut update = Query::update();
    update
        .table(Entity)
        .from(TableRef::ValuesList(rows, CHANGE.into_iden()))
        .values(WRITTEN.into_iter().zip(5..).map(|(column, number)| (column, given(number))))
        .value(Column::PaymentToken, token)
        .and_where(kept(Column::Id).eq(given(1)))
        .and_where(kept(Column::Version).eq(given(2)))
        .and_where(kept(Column::LeasedBy).eq(given(3)))
        .returning(Query::returning().column((Entity, Column::Id)));
    Ok(update)
}

/// What a change is found by, whether it forgets the token, and what it writes.
fn row(change: &Change<'_>, lease: &Lease) -> Result<ValueTuple, DbErr> {
    let leased = lease.columns();
    let columns =
        ActiveModel { leased_until: leased.leased_until, leased_by: leased.leased_by, ..order_columns(change.next) };
    let found: [sea_orm::Value; 4] =
        [change.next.id.uuid().into(), change.before.version.into(), lease.worker.into(), change.forgets_token.into()];
    let unset = |column: Column| DbErr::AttrNotSet(format!("{column:?}"));
    let written = WRITTEN.into_iter().map(|column| columns.get(column).into_value().ok_or_else(|| unset(column)));
    let values: Result<Vec<_>, _> = found.into_iter().map(Ok).chain(written).collect();
    values.map(ValueTuple::Many)
}

/// Writes lines that differ, and steps that are new or differ: these all in one statement.
async fn write_parts(tx: &DatabaseTransaction, changes: &[&Change<'_>]) -> Result<(), DbErr> {
    let mut steps = Vec::new();
    for Change { before, next, .. } in changes {
        let lines = next.lines.iter().zip(&before.lines).enumerate().filter(|(_, (line, old))| line != old);
        for (position, (line, _)) in lines {
            order_line::Entity::update(line_row(next, position, line)?).exec(tx).await?;
        }
        let written = next.steps.iter().enumerate().filter(|(index, step)| before.steps.get(*index) != Some(*step));
        steps.extend(written.map(|(_, step)| step_row(next, step)).collect::<Result<Vec<_>, _>>()?);
    }
    if steps.is_empty() {
        return Ok(());
    }
    let over = OnConflict::columns([order_step::Column::OrderId, order_step::Column::Number])
        .update_columns([
            order_step::Column::Kind,
            order_step::Column::Line,
            order_step::Column::AmountMinor,
            order_step::Column::State,
            order_step::Column::Attempts,
            order_step::Column::AgainAt,
            order_step::Column::Outcome,
        ])
        .to_owned();
    order_step::Entity::insert_many(steps).on_conflict(over).exec_without_returning(tx).await.map(drop)
}
