//! What things cost: days times units times the price of one, and deposits, in one currency.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use inventory_api::{Approval, Item, ItemStatus, OfferKind, Period};
use payment_api::MOST_MINOR;
use problem::{FieldErrors, Problem};
use vocabulary::{Currency, ItemId, Money, UserId};

use super::days::begun_days;
use super::request::Wanted;

/// How late a request may be for a loan that begins at once.
const LATE: TimeDelta = TimeDelta::minutes(15);

/// A line with its price, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Priced {
    pub(crate) item_id: ItemId,
    pub(crate) name: String,
    pub(crate) owner_id: UserId,
    pub(crate) offer: OfferKind,
    pub(crate) units: u32,
    pub(crate) period: Option<Period>,
    pub(crate) days: Option<u32>,
    pub(crate) unit_price: i64,
    pub(crate) amount: i64,
    pub(crate) deposit: i64,
    pub(crate) needs_approval: bool,
}

/// Lines with their sums, which fit into what a database and a payment can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pricing {
    pub(crate) lines: Vec<Priced>,
    pub(crate) currency: Currency,
    pub(crate) total: i64,
    pub(crate) deposit_total: i64,
}

/// Prices the lines. An item that is none is not there any more, or never was.
///
/// # Errors
/// 422 with everything that keeps the lines from being ordered by this member now, whether or not they are free.
pub(crate) fn price(
    lines: &[(Wanted, Option<Item>)],
    borrower: UserId,
    now: DateTime<Utc>,
) -> Result<Pricing, Problem> {
    let mut errors = FieldErrors::default();
    let mut currency = None;
    let mut priced = Vec::new();
    for (position, (wanted, item)) in lines.iter().enumerate() {
        let pointer = format!("/lines/{position}");
        let Some(item) = item else {
            errors.refuse(format!("{pointer}/item_id"), "not_there", "There is no such item any more; leave it out.");
            continue;
        };
        check_item(&mut errors, &pointer, item, borrower);
        check_period(&mut errors, &pointer, item, wanted.period, now);
        for money in [item.daily_price, item.deposit, item.price].into_iter().flatten() {
            check_currency(&mut errors, &pointer, *currency.get_or_insert(money.currency), money);
        }
        match price_line(wanted, item) {
            Some(line) => priced.push(line),
            None => errors.refuse(format!("{pointer}/units"), "too_much", "It costs more than can be counted."),
        }
    }
    let total = sum(priced.iter().map(|line| line.amount));
    let deposit_total = sum(priced.iter().map(|line| line.deposit));
    // What no payment can be about.
    let sums = total.zip(deposit_total).filter(|sums| sums.0 <= MOST_MINOR && sums.1 <= MOST_MINOR);
    if sums.is_none() {
        errors.refuse("/lines", "too_much", "All of it together costs more than can be paid; order less at a time.");
    }
    let currency = currency.unwrap_or(Currency::EUR);
    errors.finish(sums.map(|(total, deposit_total)| Pricing { lines: priced, currency, total, deposit_total }))
}

/// Prices those lines that could be ordered together, each beside the ones before it, and says why the others could not.
pub(crate) fn price_what_can_be(
    lines: Vec<(Wanted, Option<Item>)>,
    borrower: UserId,
    now: DateTime<Utc>,
) -> (Pricing, Vec<(Wanted, String)>) {
    let mut pricing = Pricing { lines: Vec::new(), currency: Currency::EUR, total: 0, deposit_total: 0 };
    let (mut together, mut refused) = (Vec::with_capacity(lines.len()), Vec::new());
    for line in lines {
        let wanted = line.0;
        together.push(line);
        match price(&together, borrower, now) {
            Ok(priced) => pricing = priced,
            Err(problem) => {
                together.pop();
                let why: Vec<_> = problem.errors().iter().map(|error| error.detail.as_str()).collect();
                refused.push((wanted, why.join(" ")));
            }
        }
    }
    (pricing, refused)
}

fn check_item(errors: &mut FieldErrors, pointer: &str, item: &Item, borrower: UserId) {
    let pointer = format!("{pointer}/item_id");
    if item.owner_id == borrower {
        errors.refuse(&*pointer, "own_item", "It is the caller's own; nobody orders from themselves.");
    }
    match item.status {
        ItemStatus::Listed => {}
        ItemStatus::Draft | ItemStatus::Paused => {
            errors.refuse(pointer, "not_offered", "It is not offered at the moment; its owner has paused it.");
        }
        ItemStatus::Retired => errors.refuse(pointer, "not_there", "There is no such item any more; leave it out."),
    }
}

fn check_period(errors: &mut FieldErrors, pointer: &str, item: &Item, period: Option<Period>, now: DateTime<Utc>) {
    let period = match (item.offer, period) {
        (OfferKind::Lend, Some(period)) => period,
        (OfferKind::Lend, None) => {
            return errors.refuse(format!("{pointer}/period"), "required", "It is lent, so it takes a period.");
        }
        (OfferKind::Sell, None) => return,
        (OfferKind::Sell, Some(_)) => {
            let detail = "What is sold or given is not lent for a time; leave it out.";
            return errors.refuse(format!("{pointer}/period"), "not_for_this_offer", detail);
        }
    };
    if period.start < now - LATE {
        errors.refuse(format!("{pointer}/period/start"), "in_the_past", "A loan cannot begin in the past.");
    }
    if period.end <= now {
        errors.refuse(format!("{pointer}/period/end"), "in_the_past", "The end has to be in the future.");
    }
    let most = i64::from(item.max_loan_days.unwrap_or(366));
    if begun_days(period, zone(item)) > most {
        errors.refuse(format!("{pointer}/period/end"), "too_long", format!("It is lent for at most {most} days."));
    }
}

fn check_currency(errors: &mut FieldErrors, pointer: &str, currency: Currency, money: Money) {
    if money.currency != currency {
        let detail =
            format!("It is priced in {} and what comes before it in {currency}; order it by itself.", money.currency);
        errors.refuse(format!("{pointer}/item_id"), "mixed_currencies", detail);
    }
}

fn price_line(wanted: &Wanted, item: &Item) -> Option<Priced> {
    let minor = |money: Option<Money>| money.map_or(0, |money| money.amount_minor);
    let units = i64::from(wanted.units);
    let days = wanted.period.map(|period| begun_days(period, zone(item)));
    let unit_price = minor(if item.offer == OfferKind::Lend { item.daily_price } else { item.price });
    Some(Priced {
        item_id: wanted.item_id,
        name: item.name.clone(),
        owner_id: item.owner_id,
        offer: item.offer,
        units: wanted.units,
        period: wanted.period,
        days: days.map(u32::try_from).transpose().ok()?,
        unit_price,
        amount: unit_price.checked_mul(units)?.checked_mul(days.unwrap_or(1))?,
        deposit: minor(item.deposit).checked_mul(units)?,
        needs_approval: item.approval == Approval::Owner,
    })
}

fn sum(amounts: impl Iterator<Item = i64>) -> Option<i64> {
    amounts.into_iter().try_fold(0_i64, i64::checked_add)
}

/// The zone of the pick-up place; one that this build does not know counts as none.
fn zone(item: &Item) -> Tz {
    item.pickup.as_ref().and_then(|pickup| pickup.time_zone.parse().ok()).unwrap_or(Tz::UTC)
}

#[cfg(test)]
mod tests;
