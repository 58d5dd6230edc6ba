use order_api::{OrderEvent, OrderId};
use service_kit::caller::Caller;
use service_kit::http::Limit;

use crate::app::{App, AppError};
use crate::db;
use crate::db::listing::Listing;
use crate::domain::order::Order;

/// The order, if it concerns the caller. Of others nobody learns.
pub(crate) async fn get(app: &App, caller: &Caller, id: OrderId) -> Result<Order, AppError> {
    let order = db::orders::find(app.db.read(), id).await?.ok_or(AppError::NoSuchOrder)?;
    if order.concerns(caller.user_id) || caller.is_admin() { Ok(order) } else { Err(AppError::NoSuchOrder) }
}

/// One page of a list, and its last order if others follow.
pub(crate) async fn page(app: &App, listing: Listing, limit: Limit) -> Result<(Vec<Order>, Option<OrderId>), AppError> {
    let size = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let mut orders = db::listing::page(app.db.read(), listing, limit.get() + 1).await?;
    let more = orders.len() > size;
    orders.truncate(size);
    let next = orders.last().filter(|_| more).map(|order| order.id);
    Ok((orders, next))
}

/// What has happened to an order after a version.
pub(crate) async fn events_after(
    app: &App,
    (id, number): (OrderId, i64),
    version: i64,
) -> Result<Vec<OrderEvent>, AppError> {
    Ok(db::history::after(app.db.read(), id, number, version).await?)
}

/// How many orders wait for an administrator.
pub(crate) async fn count_stuck(app: &App) -> Result<i64, AppError> {
    let count = db::listing::count_stuck(app.db.read()).await?;
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}
