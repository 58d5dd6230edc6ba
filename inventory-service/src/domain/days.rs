use chrono::{Datelike, Days as Count, NaiveDate};
use problem::FieldErrors;

/// The most days of one question: a year, leap years included.
const MOST: i64 = 366;
/// Days of a question that does not say how many: a month's page of a calendar.
const USUAL: u64 = 31;
/// Years that calendars and time zones are sure of.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=9999;

/// Some days in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Days {
    first: NaiveDate,
    /// The day after the last.
    end: NaiveDate,
}

impl Days {
    /// Reads two dates, the second of which no longer belongs to the days, noting everything that is wrong with the
    /// parameters of these names. Without the first they begin today, without the second they are a month.
    pub(crate) fn parse(
        errors: &mut FieldErrors,
        (from_name, from): (&str, Option<&str>),
        (to_name, to): (&str, Option<&str>),
        today: NaiveDate,
    ) -> Option<Self> {
        let from = from.map_or(Some(today), |from| date(errors, from_name, from));
        let to = match to {
            Some(to) => date(errors, to_name, to),
            None => from.and_then(|from| from.checked_add_days(Count::new(USUAL))),
        };
        Self::between(errors, from?, to_name, to?)
    }

    pub(crate) fn first(self) -> NaiveDate {
        self.first
    }

    /// The day after the last.
    pub(crate) fn end(self) -> NaiveDate {
        self.end
    }

    /// How many they are, at most 366.
    pub(crate) fn count(self) -> i64 {
        self.end.signed_duration_since(self.first).num_days()
    }

    /// Each of them.
    pub(crate) fn iter(self) -> impl Iterator<Item = NaiveDate> {
        self.first.iter_days().take_while(move |day| *day < self.end)
    }

    fn between(errors: &mut FieldErrors, first: NaiveDate, name: &str, end: NaiveDate) -> Option<Self> {
        let count = end.signed_duration_since(first).num_days();
        if !(1..=MOST).contains(&count) {
            let detail = "It has to be after the first day, by at most 366 days, and does not belong to them itself.";
            errors.refuse(name, "out_of_range", detail);
            return None;
        }
        Some(Self { first, end })
    }
}

fn date(errors: &mut FieldErrors, name: &str, text: &str) -> Option<NaiveDate> {
    let has_form = text.len() == "2026-12-31".len();
    let date = text.parse::<NaiveDate>().ok().filter(|date| has_form && YEARS.contains(&date.year()));
    if date.is_none() {
        errors.refuse(name, "malformed", "It has to be a date such as 2026-12-31.");
    }
    date
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(from: &str, to: &str) -> Result<Vec<String>, Vec<String>> {
        let mut errors = FieldErrors::default();
        let today = "2026-06-01".parse().unwrap();
        let days = Days::parse(&mut errors, ("from", Some(from)), ("to", Some(to)), today);
        let pointers = |problem: problem::Problem| problem.errors().iter().map(|error| error.pointer.clone()).collect();
        errors.finish(days).map(|days| days.iter().map(|day| day.to_string()).collect()).map_err(pointers)
    }

    #[test]
    fn the_last_day_does_not_belong_to_them() {
        assert_eq!(days("2028-02-28", "2028-03-01").unwrap(), ["2028-02-28", "2028-02-29"]);
        assert_eq!(days("2026-01-01", "2027-01-02").unwrap().len(), 366);
    }

    #[test]
    fn what_are_no_days_is_refused() {
        for (from, to, pointers) in [
            ("2026-01-02", "2026-01-02", &["to"][..]),
            ("2026-01-02", "2026-01-01", &["to"]),
            ("2026-01-01", "2027-01-03", &["to"]),
            ("2026-02-30", "2026-13-01", &["from", "to"]),
            ("0001-01-01", "+10000-01-01", &["from", "to"]),
            ("today", "", &["from", "to"]),
            ("2026-1-1", "2026-01-02T00:00:00Z", &["from", "to"]),
        ] {
            assert_eq!(days(from, to).unwrap_err(), pointers, "{from} {to}");
        }
    }
}
