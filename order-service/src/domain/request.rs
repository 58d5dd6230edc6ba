//! What is asked for, as it was read.

use std::collections::HashSet;

use chrono::{SubsecRound, TimeDelta};
use inventory_api::{Period, PeriodRequest};
use order_api::{LineRequest, PaymentRequest, Provider};
use problem::{FieldErrors, Problem};
use vocabulary::{ItemId, Secret, text};

/// Most lines of an order.
pub(crate) const MOST_LINES: usize = 50;
/// Most units of a line.
const MOST_UNITS: i64 = 10_000;
/// Longer than anything is lent, so that days fit into every sum.
const LONGEST: TimeDelta = TimeDelta::days(2 * 366);

/// Some units of an item for a time, or pieces of what is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) item_id: ItemId,
    pub(crate) units: u32,
    pub(crate) period: Option<Period>,
}

/// Who moves the money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payment {
    pub(crate) provider: Provider,
    pub(crate) token: Option<Secret>,
}

/// Reads the lines of an order, and notes everything that is wrong with them.
pub(crate) fn lines(errors: &mut FieldErrors, requests: &[LineRequest]) -> Option<Vec<Wanted>> {
    if !(1..=MOST_LINES).contains(&requests.len()) {
        errors.refuse("/lines", "out_of_range", format!("An order has 1 to {MOST_LINES} lines."));
        return None;
    }
    let mut seen = HashSet::new();
    let wanted = requests.iter().enumerate().filter_map(|(position, request)| {
        let pointer = format!("/lines/{position}");
        let item_id = errors.required(&format!("{pointer}/item_id"), request.item_id);
        if item_id.is_some_and(|id| !seen.insert(id)) {
            let detail = "The item is in an earlier line; ask for more units there.";
            errors.refuse(format!("{pointer}/item_id"), "repeated", detail);
        }
        let units = units(errors, &pointer, request.units);
        let period = period(errors, &pointer, request.period.as_ref());
        Some(Wanted { item_id: item_id?, units: units?, period: period? })
    });
    Some(wanted.collect())
}

/// Reads what a line of the cart is to be.
///
/// # Errors
/// 422 with everything that is wrong with it.
pub(crate) fn cart_line(
    item_id: ItemId,
    request_units: Option<i64>,
    request_period: Option<&PeriodRequest>,
) -> Result<Wanted, Problem> {
    let mut errors = FieldErrors::default();
    let units = units(&mut errors, "", request_units);
    let period = period(&mut errors, "", request_period);
    let wanted = units.zip(period).map(|(units, period)| Wanted { item_id, units, period });
    errors.finish(wanted)
}

/// Reads who moves the money, and notes a provider or a token that is none.
pub(crate) fn payment(errors: &mut FieldErrors, request: &PaymentRequest) -> Option<Payment> {
    let provider = errors.required("/payment/provider", request.provider.as_deref());
    let provider: Option<Provider> =
        provider.and_then(|word| errors.parsed("/payment/provider", "unknown_provider", word.parse()));
    let token = request.token.clone();
    let readable = |token: &Secret| {
        let text = token.expose();
        (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    match (provider, &token) {
        (Some(Provider::Desk), Some(_)) => {
            errors.refuse(
                "/payment/token",
                "not_for_this_provider",
                "Who pays at the desk has no token; leave it out.",
            );
        }
        (Some(Provider::Test | Provider::Stripe), None) => {
            errors.refuse("/payment/token", "required", "This provider needs the token that it gave to the payer.");
        }
        (_, Some(token)) if !readable(token) => {
            errors.refuse("/payment/token", "out_of_range", "A token has 1 to 255 visible ASCII characters.");
        }
        _ => {}
    }
    provider.map(|provider| Payment { provider, token })
}

/// A text for people, none if nothing is left of it without white space at its ends.
///
/// # Errors
/// 422 when it is longer than `most` characters, or holds what would deceive a reader.
pub(crate) fn words(pointer: &str, given: Option<&str>, most: usize) -> Result<Option<String>, Problem> {
    let mut errors = FieldErrors::default();
    let Some(given) = given.map(str::trim) else { return Ok(None) };
    let words = text::paragraphs(given, most).map_err(|error| errors.refuse(pointer, error.code(), error)).ok();
    errors.finish(words.map(|words| Some(words).filter(|words| !words.is_empty())))
}

fn units(errors: &mut FieldErrors, pointer: &str, units: Option<i64>) -> Option<u32> {
    let units = units.unwrap_or(1);
    if (1..=MOST_UNITS).contains(&units) {
        return u32::try_from(units).ok();
    }
    errors.refuse(format!("{pointer}/units"), "out_of_range", "It is a whole number from 1 to 10,000.");
    None
}

/// None when the period is wrong, `Some(None)` when there is none.
#[expect(clippy::option_option, reason = "an absent period is no wrong one")]
fn period(errors: &mut FieldErrors, pointer: &str, request: Option<&PeriodRequest>) -> Option<Option<Period>> {
    let Some(request) = request else { return Some(None) };
    let start = errors.required(&format!("{pointer}/period/start"), request.start);
    let end = errors.required(&format!("{pointer}/period/end"), request.end);
    // What every database keeps without loss.
    let period = Period { start: start?.trunc_subsecs(6), end: end?.trunc_subsecs(6) };
    if period.end <= period.start {
        errors.refuse(format!("{pointer}/period/end"), "ends_before_it_starts", "The end has to be after the start.");
        return None;
    }
    if period.end - period.start > LONGEST {
        errors.refuse(format!("{pointer}/period/end"), "too_long", "Nothing is lent for more than two years.");
        return None;
    }
    Some(Some(period))
}
