//! Lists of orders, newest first.

use order_api::{OrderId, OrderState};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;
use vocabulary::UserId;

use super::entity::{order, order_line};
use super::orders::find;
use crate::domain::order::Order;

/// Which orders a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listing {
    /// Those that a member has placed, or whose things they own; everybody's if none.
    pub(crate) concerning: Option<UserId>,
    pub(crate) filter: Option<Filter>,
    /// The last order of the page before.
    pub(crate) after: Option<OrderId>,
}

/// What the state of an order has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    State(OrderState),
    /// One of its steps waits for an administrator.
    Stuck,
}

/// At most `limit` orders of the list.
pub(crate) async fn page(db: &impl ConnectionTrait, listing: Listing, limit: u64) -> Result<Vec<Order>, DbErr> {
    let mut select = order::Entity::find().select_only().column(order::Column::Id);
    if let Some(member) = listing.concerning {
        let owned = order_line::Entity::find().select_only().column(order_line::Column::OrderId);
        let owned = owned.filter(order_line::Column::OwnerId.eq(member.uuid())).into_query();
        let concerned = Condition::any().add(order::Column::BorrowerId.eq(member.uuid()));
        select = select.filter(concerned.add(order::Column::Id.in_subquery(owned)));
    }
    select = match listing.filter {
        Some(Filter::State(state)) => select.filter(order::Column::State.eq(state.as_str())),
        // The words of the index.
        Some(Filter::Stuck) => select.filter(Expr::cust("stuck")),
        None => select,
    };
    if let Some(after) = listing.after {
        select = select.filter(Expr::col(order::Column::Id).lt(after.uuid()));
    }
    let ids: Vec<Uuid> = select.order_by_desc(order::Column::Id).limit(limit).into_tuple().all(db).await?;
    let mut orders = Vec::with_capacity(ids.len());
    for id in ids {
        orders.extend(find(db, OrderId::new(id)).await?);
    }
    Ok(orders)
}

/// How many orders wait for an administrator.
pub(crate) async fn count_stuck(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    use sea_orm::PaginatorTrait;
    order::Entity::find().filter(Expr::cust("stuck")).count(db).await
}
