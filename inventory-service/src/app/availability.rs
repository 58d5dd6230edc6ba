use chrono::{DateTime, NaiveDate, Utc};
use inventory_api::ItemStatus;
use vocabulary::ItemId;

use super::{App, AppError, items};
use crate::db;
use crate::domain::days::Days;
use crate::domain::item::Item;
use crate::domain::offer::Offer;

/// An item and, for each of these days in its own zone, how many could be had for the whole of it, or what is left of it.
pub(crate) async fn availability(
    app: &App,
    id: ItemId,
    days: impl FnOnce(NaiveDate) -> Result<Days, problem::Problem>,
) -> Result<(Item, Vec<(NaiveDate, usize)>), AppError> {
    let item = items::get(app, id).await?;
    if !items::is_public(&item) {
        return Err(AppError::NoSuchItem);
    }
    let now = app.clock.now();
    let days = days(now.with_timezone(&item.time_zone()).date_naive())?;
    let free = free(app, &item, days, now).await?;
    Ok((item, free))
}

async fn free(app: &App, item: &Item, days: Days, now: DateTime<Utc>) -> Result<Vec<(NaiveDate, usize)>, AppError> {
    let is_listed = item.content.status == ItemStatus::Listed;
    match (item.content.terms.offer, item.loan_rules()) {
        (Offer::Lend { .. }, Some(rules)) if is_listed => {
            let schedule = db::schedules::of_item(app.db.read(), item.id, now).await?;
            let free = |date| rules.of_days(date, date.succ_opt()?, now).map(|window| schedule.free(window));
            Ok(days.iter().map(|date| (date, free(date).unwrap_or(0))).collect())
        }
        (Offer::Sell { stock, .. }, _) if is_listed => {
            let there = stock + db::reservations::lapsed_pieces(app.db.read(), item.id, now).await?;
            let today = now.with_timezone(&item.time_zone()).date_naive();
            let there = usize::try_from(there).unwrap_or(usize::MAX);
            Ok(days.iter().map(|date| (date, if date < today { 0 } else { there })).collect())
        }
        _ => Ok(days.iter().map(|date| (date, 0)).collect()),
    }
}
