use inventory_api::{ItemStatus, PeriodRequest};
use problem::{FieldErrors, Problem};
use vocabulary::ItemId;

use crate::app::{App, AppError};
use crate::db;
use crate::domain::offer::Offer;

/// How many units could be held for this period now, or pieces without one.
pub(crate) async fn free(app: &App, id: ItemId, period: Option<&PeriodRequest>) -> Result<usize, AppError> {
    let now = app.clock.now();
    let db = app.db.read();
    let item = db::items::find(db, id).await?.ok_or(AppError::NoSuchItem)?;
    match item.content.status {
        ItemStatus::Retired => return Err(AppError::ItemRetired),
        ItemStatus::Draft | ItemStatus::Paused => return Ok(0),
        ItemStatus::Listed => {}
    }
    let mut errors = FieldErrors::default();
    match (item.content.terms.offer, item.loan_rules()) {
        (Offer::Sell { stock, .. }, _) => {
            if period.is_some() {
                errors.refuse("start", "not_for_this_offer", "What is sold is not lent for a time; leave it out.");
            }
            errors.finish(Some(()))?;
            let lapsed = db::reservations::lapsed_pieces(db, id, now).await?;
            Ok(usize::try_from(stock + lapsed).unwrap_or(usize::MAX))
        }
        (Offer::Lend { .. }, None) => Err(AppError::NotOffered),
        (Offer::Lend { .. }, Some(rules)) => {
            let period = errors.required("/period", period);
            let period = period.and_then(|period| rules.period(&mut errors, period, now));
            let period = errors.finish(period).map_err(|problem| as_parameters(&problem))?;
            let window = rules.blocked(period).from(now).ok_or(AppError::NotOffered)?;
            Ok(db::schedules::of_item(db, id, now).await?.free(window))
        }
    }
}

/// The same problem with the names of the query's parameters instead of pointers into a body.
fn as_parameters(problem: &Problem) -> Problem {
    let mut errors = problem.errors().to_vec();
    for error in &mut errors {
        error.pointer = error.pointer.trim_start_matches("/period").trim_start_matches('/').to_owned();
        if error.pointer.is_empty() {
            "start".clone_into(&mut error.pointer);
        }
    }
    Problem::invalid(errors)
}
