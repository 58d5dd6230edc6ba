//! What readers of an order's events are told: a row for each change that they can see, by the order's version.

use order_api::{OrderEvent, OrderId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
};

use super::entity::order_event::{ActiveModel, Column, Entity, Model};
use super::rows::parsed;
use crate::domain::order::Order;

/// Writes down how each of these orders stands now.
pub(crate) async fn insert(tx: &DatabaseTransaction, orders: &[&Order]) -> Result<(), DbErr> {
    let rows = orders.iter().map(|order| ActiveModel {
        order_id: Set(order.id.uuid()),
        version: Set(order.version),
        state: Set(order.stage.state().as_str().to_owned()),
        state_reason: Set(order.stage.reason().map(ToOwned::to_owned)),
        settled: Set(order.is_settled()),
        stuck: Set(order.is_stuck()),
        at: Set(order.updated_at),
    });
    Entity::insert_many(rows).exec_without_returning(tx).await.map(drop)
}

/// What has happened after a version, in order.
pub(crate) async fn after(
    db: &impl ConnectionTrait,
    id: OrderId,
    number: i64,
    version: i64,
) -> Result<Vec<OrderEvent>, DbErr> {
    let rows = Entity::find().filter(Column::OrderId.eq(id.uuid())).filter(Column::Version.gt(version));
    let rows = rows.order_by_asc(Column::Version).all(db).await?;
    rows.into_iter().map(|row| event_of(row, number)).collect()
}

fn event_of(row: Model, number: i64) -> Result<OrderEvent, DbErr> {
    Ok(OrderEvent {
        order_id: OrderId::new(row.order_id),
        number,
        state: parsed("order_events.state", &row.state)?,
        state_reason: row.state_reason,
        settled: row.settled,
        stuck: row.stuck,
        version: row.version,
        at: row.at,
    })
}
