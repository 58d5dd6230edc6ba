use service_kit::http::Limit;
use vocabulary::ItemId;

use super::{App, AppError};
use crate::db;
use crate::domain::days::Days;
use crate::domain::item::Item;
use crate::domain::listing::Listing;
use crate::domain::sort::Place;

/// How many items are looked at for each that a page has room for, when only those are shown that are free.
const CANDIDATES: u64 = 2;
/// How often a page of what is free looks further before it is given as short as it is. Its `next` goes on from there.
const LOOKS: usize = 5;

/// One page of a list, and the place from which the next goes on.
pub(crate) async fn page(app: &App, listing: &Listing, limit: Limit) -> Result<(Vec<Item>, Option<Place>), AppError> {
    match listing.available {
        None => Ok(db::listing::page(app.db.read(), listing, limit.get()).await?),
        Some(days) => free(app, listing, days, limit).await,
    }
}

/// The items of the list of which a unit is free. Whether it is, the schedules say: of a batch of items in two statements.
async fn free(app: &App, listing: &Listing, days: Days, limit: Limit) -> Result<(Vec<Item>, Option<Place>), AppError> {
    let most = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let mut listing = listing.clone();
    let mut page = Vec::new();
    for _ in 0..LOOKS {
        let (batch, next) = db::listing::page(app.db.read(), &listing, limit.get() * CANDIDATES).await?;
        for (item, is_free) in with_freedom(app, batch, days).await? {
            if !is_free {
                continue;
            }
            if page.len() == most {
                let place = page.last().map(|last| listing.place_of(last));
                return Ok((page, place));
            }
            page.push(item);
        }
        listing.after = next;
        if listing.after.is_none() {
            break;
        }
    }
    Ok((page, listing.after))
}

async fn with_freedom(app: &App, batch: Vec<Item>, days: Days) -> Result<Vec<(Item, bool)>, AppError> {
    let now = app.clock.now();
    let ids: Vec<ItemId> = batch.iter().map(|item| item.id).collect();
    let schedules = db::schedules::of_items(app.db.read(), &ids, now).await?;
    let judged = batch.into_iter().map(|item| {
        let window = item.loan_rules().and_then(|rules| rules.of_days(days.first(), days.end(), now));
        let schedule = schedules.get(&item.id);
        let is_free = window.zip(schedule).is_some_and(|(window, schedule)| schedule.free(window) > 0);
        (item, is_free)
    });
    Ok(judged.collect())
}
