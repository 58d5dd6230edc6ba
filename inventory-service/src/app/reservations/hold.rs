use chrono::{DateTime, Utc};
use inventory_api::{HoldRequest, ItemStatus, ReservationId};
use problem::{FieldErrors, FieldProblem, Kind, Problem};

use super::{Reserved, expire};
use crate::app::retry::retrying;
use crate::app::{App, AppError, events};
use crate::db;
use crate::db::reservations::Known;
use crate::domain::item::Item;
use crate::domain::offer::Offer;
use crate::domain::period::{LoanRules, Window};
use crate::domain::reservation::{NewReservation, Reservation, Stage};
use crate::domain::schedule::Placement;

/// A hold, and whether it was there before.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) reserved: Reserved,
    pub(crate) replayed: bool,
}

/// Sets units or pieces aside, once for each id.
pub(crate) async fn hold(app: &App, id: ReservationId, request: &HoldRequest) -> Result<Held, AppError> {
    let new = NewReservation::parse(request)?;
    retrying(|| attempt(app, id, request, new)).await
}

async fn attempt(app: &App, id: ReservationId, request: &HoldRequest, new: NewReservation) -> Result<Held, AppError> {
    let tx = app.db.begin().await?;
    let item = db::items::find_to_hold(&tx, new.item_id).await?.ok_or(AppError::NoSuchItem)?;
    let now = app.clock.now();
    if let Some(known) = db::reservations::find(&tx, id).await? {
        let reservation = replay(known, request, new, now)?;
        let units = db::schedules::units_of(&tx, id).await?;
        return Ok(Held { reserved: Reserved { reservation, units }, replayed: true });
    }
    if item.is_retired() {
        return Err(AppError::ItemRetired);
    }
    if item.content.status != ItemStatus::Listed {
        return Err(AppError::NotOffered);
    }
    let freed = expire(app, &tx, item.id, now).await?;
    let held = Reservation {
        id,
        item_id: item.id,
        borrower_id: new.borrower_id,
        units: new.units,
        period: None,
        stage: Stage::Held { until: now + new.lasts },
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let reserved = match item.content.terms.offer {
        Offer::Lend { .. } => lend(&tx, &item, held, request, now).await?,
        Offer::Sell { stock, .. } => sell(&tx, held, request, i64::from(stock), freed).await?,
    };
    events::reservations(app, &tx, &[(None, &reserved.reservation)]).await?;
    app.commit(tx).await?;
    Ok(Held { reserved, replayed: false })
}

/// What is answered when the id is known already: what it was first used for, or a refusal.
fn replay(
    known: Known,
    request: &HoldRequest,
    new: NewReservation,
    now: DateTime<Utc>,
) -> Result<Reservation, AppError> {
    let Known::Reservation(known) = known else {
        return Err(AppError::IdSpent);
    };
    let period = request.period.as_ref().map(|period| (period.start, period.end));
    let same_period = known.period.map(|period| (Some(period.start()), Some(period.end()))) == period.map(micros);
    let same = (known.item_id, known.borrower_id, known.units) == (new.item_id, new.borrower_id, new.units);
    if !same || !same_period {
        return Err(Problem::new(Kind::KeyReused).into());
    }
    match known.stage.clone().at(now) {
        Stage::Released | Stage::Expired => Err(AppError::IdSpent),
        _ => Ok(known),
    }
}

type Bounds = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// As instants are kept.
fn micros((start, end): Bounds) -> Bounds {
    use chrono::SubsecRound;
    (start.map(|at| at.trunc_subsecs(6)), end.map(|at| at.trunc_subsecs(6)))
}

async fn lend(
    tx: &db::Transaction,
    item: &Item,
    held: Reservation,
    request: &HoldRequest,
    now: DateTime<Utc>,
) -> Result<Reserved, AppError> {
    let rules = item.loan_rules().ok_or(AppError::NotOffered)?;
    let period = period(rules, request, now)?;
    let window = rules.blocked(period).from(now).ok_or(AppError::NotOffered)?;
    let schedule = db::schedules::of_item(tx, item.id, now).await?;
    let count = usize::try_from(held.units).unwrap_or(usize::MAX);
    let Some(placement) = schedule.place(window, count) else {
        return Err(AppError::NotFree { wanted: held.units, free: schedule.free(window) });
    };
    let reservation = Reservation { period: Some(period), ..held };
    db::reservations::insert(tx, &reservation).await?;
    db::schedules::insert(tx, &reservation, window, &placement).await?;
    let Placement { units, .. } = placement;
    Ok(Reserved { reservation, units })
}

fn period(rules: LoanRules, request: &HoldRequest, now: DateTime<Utc>) -> Result<Window, Problem> {
    let mut errors = FieldErrors::default();
    let period = errors.required("/period", request.period.as_ref());
    let period = period.and_then(|period| rules.period(&mut errors, period, now));
    errors.finish(period)
}

async fn sell(
    tx: &db::Transaction,
    held: Reservation,
    request: &HoldRequest,
    stock: i64,
    freed: i64,
) -> Result<Reserved, AppError> {
    if request.period.is_some() {
        let detail = "What is sold is not lent for a time; leave it out.".to_owned();
        let stray = FieldProblem { pointer: "/period".to_owned(), code: "not_for_this_offer".into(), detail };
        return Err(Problem::invalid(vec![stray]).into());
    }
    let (wanted, there) = (i64::from(held.units), stock + freed);
    if wanted > there {
        return Err(AppError::NotFree { wanted: held.units, free: usize::try_from(there).unwrap_or(0) });
    }
    db::reservations::add_to_stock(tx, held.item_id, freed - wanted, held.created_at).await?;
    db::reservations::insert(tx, &held).await?;
    Ok(Reserved { reservation: held, units: Vec::new() })
}
