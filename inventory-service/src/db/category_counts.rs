//! How many items are listed in each category, kept by triggers in the transactions of the items.

use std::collections::{BTreeMap, HashMap};

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QuerySelect};
use uuid::Uuid;
use vocabulary::CategoryId;

use super::entity::category_count::{ActiveModel, Column, Entity};

/// The listed items of each category itself; those without any are left out.
pub(crate) async fn listed(db: &impl ConnectionTrait) -> Result<HashMap<CategoryId, u64>, DbErr> {
    let sum = Expr::col(Column::Listed).sum().cast_as("bigint");
    let counted = Entity::find().select_only().column(Column::CategoryId).expr(sum).group_by(Column::CategoryId);
    let counts: Vec<(Uuid, i64)> = counted.into_tuple().all(db).await?;
    let known = counts.into_iter().filter_map(|(id, count)| Some((CategoryId::new(id), u64::try_from(count).ok()?)));
    Ok(known.filter(|(_, count)| *count > 0).collect())
}

/// Whether some category has more rows than it needs.
pub(crate) async fn are_scattered(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let scattered = Entity::find().select_only().column(Column::CategoryId).group_by(Column::CategoryId);
    let scattered = scattered.having(Expr::cust("count(*) > 1")).limit(1);
    Ok(scattered.into_tuple::<Uuid>().one(db).await?.is_some())
}

/// Adds up what there is, a row for each category. Every row is taken away once, whoever else does this at the same time, and
/// readers see the rows before or their sums.
pub(crate) async fn gather(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    let mut sums = BTreeMap::new();
    for row in Entity::delete_many().exec_with_returning(tx).await? {
        *sums.entry(row.category_id).or_insert(0) += row.listed;
    }
    let rows = sums.into_iter().filter(|(_, sum)| *sum != 0);
    let rows: Vec<_> =
        rows.map(|(category_id, sum)| ActiveModel { category_id: Set(category_id), listed: Set(sum) }).collect();
    if rows.is_empty() {
        return Ok(());
    }
    Entity::insert_many(rows).exec_without_returning(tx).await.map(drop)
}

#[cfg(test)]
mod tests;
