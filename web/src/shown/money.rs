use vocabulary::Money;

use crate::words::Language;

/// Currencies without smaller units, and those with a thousand of them; all others have a hundred (ISO 4217, column "minor
/// unit").
const WHOLE: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
const THOUSANDTHS: &str = "BHD IQD JOD KWD LYD OMR TND";

/// An amount as people write it in their language.
pub(crate) fn amount(language: Language, money: Money) -> String {
    let code = money.currency.as_str();
    let digits = digits(code);
    let number = number(language, money.amount_minor, digits);
    let symbol = match code {
        "EUR" => "€",
        "GBP" => "£",
        "JPY" => "¥",
        "USD" => "$",
        other => other,
    };
    match language {
        Language::English if symbol == code => format!("{symbol}\u{a0}{number}"),
        Language::English => format!("{symbol}{number}"),
        Language::German => format!("{number}\u{a0}{symbol}"),
    }
}

/// An amount as it stands in a field, without its currency.
pub(crate) fn in_field(money: Money) -> String {
    let digits = digits(money.currency.as_str());
    let (whole, part) = split(money.amount_minor.unsigned_abs(), digits);
    if digits == 0 { whole.to_string() } else { format!("{whole}.{part:0width$}", width = digits as usize) }
}

/// The minor units of what somebody typed, with a point or a comma; none when it is no amount.
pub(crate) fn parse_amount(text: &str, currency: &str) -> Option<i64> {
    let digits = digits(currency);
    let (whole, part) = text.trim().split_once(['.', ',']).unwrap_or((text.trim(), ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(part) || part.len() > digits as usize {
        return None;
    }
    let padded = format!("{part:0<width$}", width = digits as usize);
    format!("{whole}{padded}").parse().ok()
}

fn number(language: Language, minor: i64, digits: u32) -> String {
    let (point, separator) = match language {
        Language::English => ('.', ','),
        Language::German => (',', '.'),
    };
    let (whole, part) = split(minor.unsigned_abs(), digits);
    let mut text = String::new();
    let plain = whole.to_string();
    for (index, digit) in plain.chars().enumerate() {
        if index > 0 && (plain.len() - index) % 3 == 0 {
            text.push(separator);
        }
        text.push(digit);
    }
    if digits > 0 {
        text = format!("{text}{point}{part:0width$}", width = digits as usize);
    }
    if minor < 0 { format!("−{text}") } else { text }
}

fn split(minor: u64, digits: u32) -> (u64, u64) {
    let unit = 10_u64.pow(digits);
    (minor / unit, minor % unit)
}

fn digits(code: &str) -> u32 {
    let is_in = |codes: &str| codes.split(' ').any(|known| known == code);
    if is_in(WHOLE) {
        0
    } else if is_in(THOUSANDTHS) {
        3
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(amount_minor: i64, currency: &str) -> Money {
        Money { amount_minor, currency: currency.parse().unwrap() }
    }

    #[test]
    fn an_amount_reads_as_its_currency_and_language_ask() {
        for (minor, currency, english, german) in [
            (450, "EUR", "€4.50", "4,50\u{a0}€"),
            (123_456_705, "USD", "$1,234,567.05", "1.234.567,05\u{a0}$"),
            (1_200, "JPY", "¥1,200", "1.200\u{a0}¥"),
            (1_234, "KWD", "KWD\u{a0}1.234", "1,234\u{a0}KWD"),
            (0, "CHF", "CHF\u{a0}0.00", "0,00\u{a0}CHF"),
            (-5, "GBP", "£−0.05", "−0,05\u{a0}£"),
        ] {
            assert_eq!(amount(Language::English, money(minor, currency)), english);
            assert_eq!(amount(Language::German, money(minor, currency)), german);
        }
    }

    #[test]
    fn what_a_field_shows_is_read_back() {
        for (minor, currency) in [(450, "EUR"), (5, "EUR"), (1_200, "JPY"), (1_234, "KWD")] {
            assert_eq!(parse_amount(&in_field(money(minor, currency)), currency), Some(minor));
        }
        assert_eq!(parse_amount(" 4,5 ", "EUR"), Some(450));
        for bad in ["", "x", "4.555", "-1", "1e3", ".5", "99999999999999999999", "1.2.3"] {
            assert_eq!(parse_amount(bad, "EUR"), None, "{bad}");
        }
        assert_eq!(parse_amount("4.5", "JPY"), None);
    }
}
