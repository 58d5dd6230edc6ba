//! Carts: what members have set their minds on. Nothing is set aside by them.

use http::HeaderMap;
use inventory_api::ReservationError;
use problem::{FieldProblem, Problem};
use vocabulary::{ItemId, UserId};

use super::pricing::with_items;
use super::{App, AppError};
use crate::db;
use crate::domain::quote::{Priced, Pricing, price, price_what_can_be};
use crate::domain::request::{MOST_LINES, Wanted};

/// What of a cart could be ordered, and what not.
#[derive(Debug, Clone)]
pub(crate) struct Quoted {
    pub(crate) pricing: Pricing,
    /// How many are free of each line that has a price, or why none is.
    pub(crate) free: Vec<Result<u32, String>>,
    /// Lines that cannot be ordered as they are, with the reason.
    pub(crate) refused: Vec<(Wanted, String)>,
}

/// The lines of a member's cart.
pub(crate) async fn get(app: &App, member: UserId) -> Result<Vec<Wanted>, AppError> {
    Ok(db::carts::of_member(app.db.read(), member).await?)
}

/// Puts a line in, over the one with the same item, if it could ever be ordered. Answers the whole cart.
pub(crate) async fn put(
    app: &App,
    member: UserId,
    wanted: Wanted,
    context: &HeaderMap,
) -> Result<Vec<Wanted>, AppError> {
    check(app, member, wanted, context).await?;
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

/// Refuses what pricing would refuse. If the inventory does not answer, the line is taken as it is, and a quote tells later.
async fn check(app: &App, member: UserId, wanted: Wanted, context: &HeaderMap) -> Result<(), AppError> {
    match app.inventory.item(wanted.item_id, context).await {
        Ok(item) => price(&[(wanted, Some(item))], member, app.clock.now())
            .map(drop)
            .map_err(|problem| of_line(&problem).into()),
        Err(ReservationError::Missing(_)) => Err(AppError::NoSuchItem),
        Err(error) => {
            tracing::info!(error = %error, "a line is put into a cart unseen");
            Ok(())
        }
    }
}

/// The problem of the first line of an order as that of a request about this line alone, whose item is in its address.
fn of_line(problem: &Problem) -> Problem {
    let fields = problem.errors().iter().cloned().map(|mut field| {
        field.pointer = match field.pointer.strip_prefix("/lines/0") {
            Some("/item_id") => "item_id".to_owned(),
            Some(within) => within.to_owned(),
            None => "/units".to_owned(),
        };
        field
    });
    Problem::invalid(fields.collect())
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
    let lines = with_items(app, &wanted, context).await?;
    let (pricing, refused) = price_what_can_be(lines, member, app.clock.now());
    let mut free = Vec::with_capacity(pricing.lines.len());
    for line in &pricing.lines {
        free.push(free_of(app, line, context).await?);
    }
    Ok(Quoted { pricing, free, refused })
}

async fn free_of(app: &App, line: &Priced, context: &HeaderMap) -> Result<Result<u32, String>, AppError> {
    match app.inventory.free(line.item_id, line.period, context).await {
        Ok(free) => Ok(Ok(free)),
        // It was there a moment ago.
        Err(ReservationError::Missing(_) | ReservationError::Conflict(_)) => Ok(Ok(0)),
        Err(ReservationError::Refused(why)) => Ok(Err(why)),
        Err(error @ ReservationError::Unavailable(_)) => Err(AppError::Inventory(error)),
    }
}

fn refused(pointer: &str, code: &'static str, detail: String) -> Problem {
    Problem::invalid(vec![FieldProblem { pointer: pointer.to_owned(), code: code.into(), detail }])
}
