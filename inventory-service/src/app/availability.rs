use chrono::{DateTime, NaiveDate, Utc};
use inventory_api::ItemStatus;
use vocabulary::ItemId;

use super::{App, AppError, items};
use crate::db;
use crate::domain::days::Days;
use crate::domain::item::Item;
use crate::domain::offer::Offer;

/// When an item can be had.
#[derive(Debug)]
pub(crate) struct Availability {
    pub(crate) item: Item,
    /// Units that are out.
    pub(crate) in_use: usize,
    /// For each day in the item's own zone, how many could be had for the whole of it, or what is left of it.
    pub(crate) free: Vec<(NaiveDate, usize)>,
}

/// When an item can be had, on these days.
pub(crate) async fn availability(
    app: &App,
    id: ItemId,
    days: impl FnOnce(NaiveDate) -> Result<Days, problem::Problem>,
) -> Result<Availability, AppError> {
    let item = items::get(app, id).await?;
    if !items::is_public(&item) {
        return Err(AppError::NoSuchItem);
    }
    let now = app.clock.now();
    let days = days(now.with_timezone(&item.time_zone()).date_naive())?;
    let is_listed = item.content.status == ItemStatus::Listed;
    let none = || days.iter().map(|date| (date, 0)).collect();
    let (in_use, free) = match (item.content.terms.offer, item.loan_rules()) {
        (Offer::Lend { .. }, Some(rules)) => {
            let schedule = db::schedules::of_item(app.db.read(), item.id, now).await?;
            let free = |date| rules.of_days(date, date.succ_opt()?, now).map(|window| schedule.free(window));
            let free = || days.iter().map(|date| (date, free(date).unwrap_or(0))).collect();
            (schedule.in_use(), if is_listed { free() } else { none() })
        }
        (Offer::Sell { stock, .. }, _) if is_listed => (0, left(app, &item, stock, days, now).await?),
        _ => (0, none()),
    };
    Ok(Availability { item, in_use, free })
}

/// What is left of a stock: today and later the same.
async fn left(
    app: &App,
    item: &Item,
    stock: u32,
    days: Days,
    now: DateTime<Utc>,
) -> Result<Vec<(NaiveDate, usize)>, AppError> {
    let there = stock + db::reservations::lapsed_pieces(app.db.read(), item.id, now).await?;
    let today = now.with_timezone(&item.time_zone()).date_naive();
    let there = usize::try_from(there).unwrap_or(usize::MAX);
    Ok(days.iter().map(|date| (date, if date < today { 0 } else { there })).collect())
}
