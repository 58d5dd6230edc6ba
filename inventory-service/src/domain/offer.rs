use std::ops::RangeInclusive;

use inventory_api::{CreateItemRequest, MoneyRequest, OfferKind};
use problem::FieldErrors;
use vocabulary::{Currency, Money};

use super::amount;

/// The most units of one item.
pub(crate) const MOST_UNITS: u32 = 1000;
/// Units of one item: what an owner can look after; more are another item.
const UNITS: RangeInclusive<i64> = 1..=MOST_UNITS as i64;
/// Days an item may be out: a year, leap years included.
const LOAN_DAYS: RangeInclusive<i64> = 1..=366;
/// Hours between two loans of a unit: a week.
const BUFFER_HOURS: RangeInclusive<i64> = 0..=168;
/// Pieces for sale.
const STOCK: RangeInclusive<i64> = 0..=1_000_000;

/// On which terms an item is offered. Amounts are minor units of the item's one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    Lend {
        units: u32,
        daily_price: Option<i64>,
        deposit: Option<i64>,
        max_loan_days: Option<u16>,
        /// Hours for which a unit is kept back after each loan.
        buffer_hours: u16,
    },
    Sell {
        stock: u32,
        price: i64,
    },
}

/// An offer and the currency of its amounts; the house's own where it has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) offer: Offer,
    pub(crate) currency: Currency,
}

impl Offer {
    pub(crate) fn kind(&self) -> OfferKind {
        match self {
            Self::Lend { .. } => OfferKind::Lend,
            Self::Sell { .. } => OfferKind::Sell,
        }
    }

    /// How many things can be out at once; 0 for what is sold.
    pub(crate) fn units(&self) -> u32 {
        match self {
            Self::Lend { units, .. } => *units,
            Self::Sell { .. } => 0,
        }
    }

    pub(crate) fn daily_price(&self) -> Option<i64> {
        match self {
            Self::Lend { daily_price, .. } => *daily_price,
            Self::Sell { .. } => None,
        }
    }
}

impl Terms {
    /// Reads the terms in a request, noting everything that is wrong with them.
    pub(crate) fn parse(errors: &mut FieldErrors, request: &CreateItemRequest) -> Option<Self> {
        let kind = match request.offer.as_deref() {
            None => Some(OfferKind::Lend),
            Some(text) => errors.parsed("/offer", "unknown_value", text.parse()),
        };
        match kind? {
            OfferKind::Lend => lend(errors, request),
            OfferKind::Sell => sell(errors, request),
        }
    }

    /// Writes what an owner would send to say the same.
    pub(crate) fn write(&self, request: &mut CreateItemRequest) {
        let currency = self.currency;
        let money = |amount_minor| MoneyRequest::from(Money { amount_minor, currency });
        request.offer = Some(self.offer.kind().as_str().to_owned());
        match self.offer {
            Offer::Lend { units, daily_price, deposit, max_loan_days, buffer_hours } => {
                request.units = Some(units.into());
                request.daily_price = daily_price.map(money);
                request.deposit = deposit.map(money);
                request.max_loan_days = max_loan_days.map(i64::from);
                // None goes without saying, so that an offer to lend turns into one to sell by the fields that differ.
                request.buffer_hours = (buffer_hours > 0).then_some(buffer_hours.into());
            }
            Offer::Sell { stock, price } => {
                request.stock = Some(stock.into());
                request.price = Some(money(price));
            }
        }
    }
}

fn lend(errors: &mut FieldErrors, request: &CreateItemRequest) -> Option<Terms> {
    forbid(errors, OfferKind::Sell, &[("/stock", request.stock.is_some()), ("/price", request.price.is_some())]);
    let units = whole(errors, "/units", request.units.unwrap_or(1), UNITS);
    let max_loan_days = request.max_loan_days.and_then(|days| whole(errors, "/max_loan_days", days, LOAN_DAYS));
    let buffer_hours = whole(errors, "/buffer_hours", request.buffer_hours.unwrap_or(0), BUFFER_HOURS);
    let daily_price = request.daily_price.as_ref().and_then(|money| amount::parse(errors, "/daily_price", money));
    let deposit = request.deposit.as_ref().and_then(|money| amount::parse(errors, "/deposit", money));
    if let (Some(one), Some(other)) = (daily_price, deposit)
        && one.currency != other.currency
    {
        let detail = format!("The amounts of one item have one currency; its daily price is in {}.", one.currency);
        errors.refuse("/deposit/currency", "mixed_currencies", detail);
    }
    let currency = daily_price.or(deposit).map_or(Currency::EUR, |money| money.currency);
    let minor = |money: Option<Money>| money.map(|money| money.amount_minor);
    let (daily_price, deposit) = (minor(daily_price), minor(deposit));
    let (units, buffer_hours) = (units?, buffer_hours?);
    Some(Terms { offer: Offer::Lend { units, daily_price, deposit, max_loan_days, buffer_hours }, currency })
}

fn sell(errors: &mut FieldErrors, request: &CreateItemRequest) -> Option<Terms> {
    let given = [
        ("/units", request.units.is_some()),
        ("/daily_price", request.daily_price.is_some()),
        ("/deposit", request.deposit.is_some()),
        ("/max_loan_days", request.max_loan_days.is_some()),
        ("/buffer_hours", request.buffer_hours.is_some()),
    ];
    forbid(errors, OfferKind::Lend, &given);
    let stock = errors.required("/stock", request.stock).and_then(|stock| whole(errors, "/stock", stock, STOCK));
    let price = errors.required("/price", request.price.as_ref());
    let price = price.and_then(|money| amount::parse(errors, "/price", money));
    let (stock, price) = (stock?, price?);
    Some(Terms { offer: Offer::Sell { stock, price: price.amount_minor }, currency: price.currency })
}

/// Notes each field that is given although only the other kind of offer has it.
fn forbid(errors: &mut FieldErrors, only_for: OfferKind, fields: &[(&'static str, bool)]) {
    for (pointer, _) in fields.iter().filter(|(_, given)| *given) {
        let detail = format!("Only an item with the offer `{}` has it; leave it out.", only_for.as_str());
        errors.refuse(*pointer, "not_for_this_offer", detail);
    }
}

fn whole<T: TryFrom<i64>>(
    errors: &mut FieldErrors,
    pointer: &str,
    value: i64,
    accepted: RangeInclusive<i64>,
) -> Option<T> {
    let number = accepted.contains(&value).then(|| T::try_from(value).ok()).flatten();
    if number.is_none() {
        let detail = format!("It has to be a whole number from {} to {}.", accepted.start(), accepted.end());
        errors.refuse(pointer, "out_of_range", detail);
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Terms, Vec<String>> {
        let request: CreateItemRequest = serde_json::from_str(json).unwrap();
        let mut errors = FieldErrors::default();
        let terms = Terms::parse(&mut errors, &request);
        let pointers = |problem: problem::Problem| problem.errors().iter().map(|error| error.pointer.clone()).collect();
        errors.finish(terms).map_err(pointers)
    }

    #[test]
    fn lending_one_unit_for_nothing_is_the_default() {
        let offer = Offer::Lend { units: 1, daily_price: None, deposit: None, max_loan_days: None, buffer_hours: 0 };
        assert_eq!(parse("{}"), Ok(Terms { offer, currency: Currency::EUR }));
    }

    #[test]
    fn each_offer_has_its_own_fields() {
        let stray = r#"{"offer":"lend","stock":1,"price":{"amount_minor":1,"currency":"EUR"}}"#;
        assert_eq!(parse(stray).unwrap_err(), ["/stock", "/price"]);
        let stray = r#"{"offer":"sell","units":1,"max_loan_days":1,"deposit":{}}"#;
        assert_eq!(parse(stray).unwrap_err(), ["/units", "/deposit", "/max_loan_days", "/stock", "/price"]);
        let gift = r#"{"offer":"sell","stock":0,"price":{"amount_minor":0,"currency":"CHF"}}"#;
        assert_eq!(parse(gift).unwrap().offer, Offer::Sell { stock: 0, price: 0 });
    }

    #[test]
    fn numbers_have_bounds() {
        for json in [r#"{"units":0}"#, r#"{"units":1001}"#, r#"{"units":-9223372036854775808}"#] {
            assert_eq!(parse(json).unwrap_err(), ["/units"], "{json}");
        }
        let amounts = r#"{"daily_price":{"amount_minor":-1,"currency":"EUR"},"deposit":{"amount_minor":1000000000001,"currency":"ZZZ"}}"#;
        let expected = ["/daily_price/amount_minor", "/deposit/amount_minor", "/deposit/currency"];
        assert_eq!(parse(amounts).unwrap_err(), expected);
    }

    #[test]
    fn an_item_has_one_currency() {
        let mixed =
            r#"{"daily_price":{"amount_minor":1,"currency":"EUR"},"deposit":{"amount_minor":1,"currency":"CHF"}}"#;
        assert_eq!(parse(mixed).unwrap_err(), ["/deposit/currency"]);
    }

    #[test]
    fn terms_survive_the_way_through_a_request() {
        for json in [
            r#"{"units":3,"deposit":{"amount_minor":5,"currency":"JPY"},"max_loan_days":7}"#,
            r#"{"offer":"sell","stock":2,"price":{"amount_minor":900,"currency":"CHF"}}"#,
        ] {
            let terms = parse(json).unwrap();
            let mut request = CreateItemRequest::default();
            terms.write(&mut request);
            assert_eq!(Terms::parse(&mut FieldErrors::default(), &request), Some(terms));
        }
    }
}
