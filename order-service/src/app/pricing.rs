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
    let mut lines = Vec::with_capacity(wanted.len());
    for line in wanted {
        lines.push((*line, item(app, line, context).await?));
    }
    Ok(price(&lines, borrower, app.clock.now())?)
}

async fn item(app: &App, wanted: &Wanted, context: &HeaderMap) -> Result<Option<Item>, AppError> {
    match app.inventory.item(wanted.item_id, context).await {
        Ok(item) => Ok(Some(item)),
        Err(ReservationError::Missing(_)) => Ok(None),
        Err(error) => Err(AppError::Inventory(error)),
    }
}
