use http::HeaderMap;
use inventory_api::{Item, ReservationError};
use vocabulary::UserId;

use super::{App, AppError};
use crate::domain::quote::{Pricing, price};
use crate::domain::request::Wanted;

/// Prices what is wanted by what the inventory says of the items now.
pub(super) async fn priced(
    app: &App,
    wanted: &[Wanted],
    borrower: UserId,
    context: &HeaderMap,
) -> Result<Pricing, AppError> {
    Ok(price(&with_items(app, wanted, context).await?, borrower, app.clock.now())?)
}

/// What is wanted with its items as the inventory has them now; none where it has none any more.
pub(super) async fn with_items(
    app: &App,
    wanted: &[Wanted],
    context: &HeaderMap,
) -> Result<Vec<(Wanted, Option<Item>)>, AppError> {
    let mut lines = Vec::with_capacity(wanted.len());
    for line in wanted {
        lines.push((*line, item(app, line, context).await?));
    }
    Ok(lines)
}

async fn item(app: &App, wanted: &Wanted, context: &HeaderMap) -> Result<Option<Item>, AppError> {
    match app.inventory.item(wanted.item_id, context).await {
        Ok(item) => Ok(Some(item)),
        Err(ReservationError::Missing(_)) => Ok(None),
        Err(error) => Err(AppError::Inventory(error)),
    }
}
