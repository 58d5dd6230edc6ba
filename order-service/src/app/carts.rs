//! Carts: what members have set their minds on. Nothing is set aside by them.

use http::HeaderMap;
use inventory_api::ReservationError;
use problem::{FieldProblem, Problem};
use vocabulary::{ItemId, UserId};

use super::pricing::priced;
use super::{App, AppError};
use crate::db;
use crate::domain::quote::{Priced, Pricing};
use crate::domain::request::{MOST_LINES, Wanted};

/// A cart's pricing, with what is free of each line now.
#[derive(Debug, Clone)]
pub(crate) struct Quoted {
    pub(crate) pricing: Pricing,
    pub(crate) free: Vec<u32>,
}

/// The lines of a member's cart.
pub(crate) async fn get(app: &App, member: UserId) -> Result<Vec<Wanted>, AppError> {
    Ok(db::carts::of_member(app.db.read(), member).await?)
}

/// Puts a line in, over the one with the same item. Answers the whole cart.
pub(crate) async fn put(app: &App, member: UserId, wanted: Wanted) -> Result<Vec<Wanted>, AppError> {
    let tx = app.db.begin().await?;
    let lines = db::carts::of_member(&tx, member).await?;
    let is_new = lines.iter().all(|line| line.item_id != wanted.item_id);
    if is_new && lines.len() >= MOST_LINES {
        let detail = format!("A cart has at most {MOST_LINES} lines; order or take out some first.");
        return Err(refused("", "cart_full", detail).into());
    }
    db::carts::put(&tx, member, wanted, app.clock.now()).await?;
    let lines = db::carts::of_member(&tx, member).await?;
    tx.commit().await?;
    Ok(lines)
}

/// Takes a line out, if it is there.
pub(crate) async fn remove(app: &App, member: UserId, item: ItemId) -> Result<(), AppError> {
    let tx = app.db.begin().await?;
    db::carts::remove(&tx, member, item).await?;
    Ok(tx.commit().await?)
}

/// Empties the cart.
pub(crate) async fn clear(app: &App, member: UserId) -> Result<(), AppError> {
    let tx = app.db.begin().await?;
    db::carts::clear(&tx, member).await?;
    Ok(tx.commit().await?)
}

/// What the cart would cost now, and what of it is free.
pub(crate) async fn quote(app: &App, member: UserId, context: &HeaderMap) -> Result<Quoted, AppError> {
    let wanted = get(app, member).await?;
    let pricing = priced(app, &wanted, member, context).await?;
    let mut free = Vec::with_capacity(pricing.lines.len());
    for (position, line) in pricing.lines.iter().enumerate() {
        free.push(free_of(app, position, line, context).await?);
    }
    Ok(Quoted { pricing, free })
}

async fn free_of(app: &App, position: usize, line: &Priced, context: &HeaderMap) -> Result<u32, AppError> {
    match app.inventory.free(line.item_id, line.period, context).await {
        Ok(free) => Ok(free),
        // It was there a moment ago.
        Err(ReservationError::Missing(_) | ReservationError::Conflict(_)) => Ok(0),
        Err(ReservationError::Refused(why)) => {
            Err(refused(&format!("/lines/{position}/period"), "refused", why).into())
        }
        Err(error @ ReservationError::Unavailable(_)) => Err(AppError::Inventory(error)),
    }
}

fn refused(pointer: &str, code: &'static str, detail: String) -> Problem {
    Problem::invalid(vec![FieldProblem { pointer: pointer.to_owned(), code: code.into(), detail }])
}
