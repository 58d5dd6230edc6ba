//! The numbers of orders.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{DatabaseTransaction, DbErr, EntityTrait};

use super::entity::order_number::{Column, Entity};

/// The next number. The row is held until the transaction ends, so that numbers are given in the order of commits, without
/// gaps: whoever reads number 7 has all orders below it.
pub(crate) async fn next(tx: &DatabaseTransaction) -> Result<i64, DbErr> {
    let counted = Entity::update_many().col_expr(Column::Last, Expr::col(Column::Last).add(1));
    let rows = counted.exec_with_returning(tx).await?;
    rows.first().map(|row| row.last).ok_or_else(|| DbErr::Custom("order_numbers has no row".to_owned()))
}
