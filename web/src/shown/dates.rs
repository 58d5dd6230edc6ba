use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::words::Language;

/// A day as people write it.
pub(crate) fn day(language: Language, date: NaiveDate) -> String {
    let month = month_name(language, date.month0());
    match language {
        Language::English => format!("{} {month} {}", date.day(), date.year()),
        Language::German => format!("{}. {month} {}", date.day(), date.year()),
    }
}

/// A moment as people write it, in UTC and saying so: which zone its reader is in, nobody has told us.
pub(crate) fn moment(language: Language, at: DateTime<Utc>) -> String {
    format!("{}, {} UTC", day(language, at.date_naive()), at.format("%H:%M"))
}

pub(super) fn month_name(language: Language, index: u32) -> &'static str {
    language.words().months.get(index as usize).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_reads_as_its_language_asks() {
        let date = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        assert_eq!(day(Language::English, date), "1 March 2026");
        assert_eq!(day(Language::German, date), "1. März 2026");
        let at = date.and_hms_opt(7, 5, 0).unwrap().and_utc();
        assert_eq!(moment(Language::English, at), "1 March 2026, 07:05 UTC");
    }
}
