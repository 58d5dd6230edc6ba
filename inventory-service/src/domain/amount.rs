//! Amounts of money as owners give them: in JSON as minor units, in files as decimals.

use std::ops::RangeInclusive;

use inventory_api::MoneyRequest;
use problem::FieldErrors;
use vocabulary::{Currency, Money};

/// What one amount may be, in minor units: enough for anything that is shared, and far from overflow in sums.
pub(crate) const MINOR_UNITS: RangeInclusive<i64> = 0..=1_000_000_000_000;

/// Reads the amount at `pointer`, noting everything that is wrong with it.
pub(crate) fn parse(errors: &mut FieldErrors, pointer: &str, request: &MoneyRequest) -> Option<Money> {
    let amount_pointer = format!("{pointer}/amount_minor");
    let currency_pointer = format!("{pointer}/currency");
    let amount_minor = errors.required(&amount_pointer, request.amount_minor).filter(|amount| {
        let right = MINOR_UNITS.contains(amount);
        if !right {
            errors.refuse(&*amount_pointer, "out_of_range", "It has to be from 0 to 1,000,000,000,000 minor units.");
        }
        right
    });
    let currency = errors.required(&currency_pointer, request.currency.as_deref());
    let currency = currency.and_then(|text| errors.parsed(&currency_pointer, "unknown_currency", text.parse()));
    Some(Money { amount_minor: amount_minor?, currency: currency? })
}

/// A decimal such as `4.50` is not an amount of the currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("An amount in {currency} is a number such as {example}, with at most {digits} digits after the point.")]
pub(crate) struct ParseAmountError {
    currency: Currency,
    digits: usize,
    example: &'static str,
}

/// The minor units of a decimal such as `4.50`.
///
/// # Errors
/// When it is no decimal number, or has more digits after the point than the currency.
pub(crate) fn from_decimal(text: &str, currency: Currency) -> Result<i64, ParseAmountError> {
    let digits = minor_digits(currency);
    let example = if digits == 0 { "450" } else { "4.5" };
    let refused = ParseAmountError { currency, digits, example };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let ends_in_point = text.ends_with('.');
    if whole.is_empty() || ends_in_point || fraction.len() > digits || !plain(whole) || !plain(fraction) {
        return Err(refused);
    }
    format!("{whole}{fraction:0<digits$}").parse().map_err(|_| refused)
}

/// The decimal that [`from_decimal`] reads as this amount of the currency, with all its digits after the point.
pub(crate) fn to_decimal(minor: i64, currency: Currency) -> String {
    let digits = minor_digits(currency);
    let padded = format!("{minor:0width$}", width = digits + 1);
    let (whole, fraction) = padded.split_at(padded.len() - digits);
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

/// Digits after the point, from the column "minor unit" of ISO 4217:2015, list one.
fn minor_digits(currency: Currency) -> usize {
    match currency.as_str() {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV"
        | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_becomes_minor_units_of_its_currency() {
        for (text, currency, minor) in [
            ("4.50", "EUR", 450),
            ("4.5", "EUR", 450),
            ("4", "EUR", 400),
            ("0.05", "EUR", 5),
            ("450", "JPY", 450),
            ("1.234", "KWD", 1234),
        ] {
            assert_eq!(from_decimal(text, currency.parse().unwrap()), Ok(minor), "{text} {currency}");
            let written = to_decimal(minor, currency.parse().unwrap());
            assert_eq!(from_decimal(&written, currency.parse().unwrap()), Ok(minor), "{written} {currency}");
        }
    }

    #[test]
    fn what_is_no_amount_of_the_currency_is_refused() {
        for text in ["", ".", "4.", ".5", "4,50", "4.505", "-1", "+1", "1e3", "4 ", "NaN", "99999999999999999999"] {
            assert!(from_decimal(text, Currency::EUR).is_err(), "{text}");
        }
        assert!(from_decimal("4.5", "JPY".parse().unwrap()).is_err());
    }
}
