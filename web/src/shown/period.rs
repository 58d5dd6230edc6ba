use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use inventory_api::Item;
use order_api::Period;

use super::day;
use crate::words::Language;

/// The days of a loan, both of them in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LoanDays {
    pub(crate) first: NaiveDate,
    pub(crate) last: NaiveDate,
}

impl LoanDays {
    /// How many days are paid for.
    pub(crate) fn count(self) -> i64 {
        (self.last - self.first).num_days() + 1
    }

    /// From the beginning of the first day at the pick-up place, or from the next whole hour when that is today, to the end
    /// of the last.
    pub(crate) fn period(self, zone: Tz, now: DateTime<Utc>) -> Period {
        let end = self.last.succ_opt().unwrap_or(self.last);
        Period { start: begin(self.first, zone).max(next_hour(now)), end: begin(end, zone) }
    }
}

/// The zone of the place where an item is fetched.
pub(crate) fn zone(item: &Item) -> Tz {
    item.pickup.as_ref().and_then(|place| place.time_zone.parse().ok()).unwrap_or(Tz::UTC)
}

/// The days that a period touches, by the clocks of this zone.
pub(crate) fn loan_days(period: Period, zone: Tz) -> LoanDays {
    let first = period.start.with_timezone(&zone).date_naive();
    LoanDays { first, last: (period.end - TimeDelta::seconds(1)).with_timezone(&zone).date_naive() }
}

/// The days of a period as people write them, by the clocks of this zone.
pub(crate) fn days_of(language: Language, period: Period, zone: Tz) -> String {
    let LoanDays { first, last } = loan_days(period, zone);
    if first == last { day(language, first) } else { format!("{} – {}", day(language, first), day(language, last)) }
}

/// A number of days in words.
pub(crate) fn day_count(language: Language, days: i64) -> String {
    match (language, days) {
        (Language::English, 1) => "1 day".to_owned(),
        (Language::English, days) => format!("{days} days"),
        (Language::German, 1) => "1 Tag".to_owned(),
        (Language::German, days) => format!("{days} Tage"),
    }
}

/// When a day begins: at midnight, or where clocks jump over it, an hour later.
fn begin(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = date.and_time(NaiveTime::MIN);
    let local = zone.from_local_datetime(&midnight);
    let begin = local.earliest().or_else(|| zone.from_local_datetime(&(midnight + TimeDelta::hours(1))).earliest());
    begin.map_or_else(|| midnight.and_utc(), |begin| begin.to_utc())
}

fn next_hour(now: DateTime<Utc>) -> DateTime<Utc> {
    let into = TimeDelta::seconds(i64::from(now.minute() * 60 + now.second()))
        + TimeDelta::nanoseconds(i64::from(now.nanosecond()));
    now - into + TimeDelta::hours(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loan(first: &str, last: &str) -> LoanDays {
        LoanDays { first: first.parse().unwrap(), last: last.parse().unwrap() }
    }

    #[test]
    fn a_loan_lasts_from_the_first_morning_to_the_last_night_at_the_place() {
        let now = "2026-11-20T10:30:15.5Z".parse().unwrap();
        let period = loan("2026-12-01", "2026-12-03").period(Tz::Europe__Vienna, now);
        assert_eq!(period.start.to_rfc3339(), "2026-11-30T23:00:00+00:00");
        assert_eq!(period.end.to_rfc3339(), "2026-12-03T23:00:00+00:00");
        assert_eq!(days_of(Language::German, period, Tz::Europe__Vienna), "1. Dezember 2026 – 3. Dezember 2026");
        assert_eq!(loan("2026-12-01", "2026-12-03").count(), 3);
    }

    #[test]
    fn a_loan_that_begins_today_begins_with_the_next_hour() {
        let now = "2026-11-20T10:30:15.5Z".parse().unwrap();
        let period = loan("2026-11-20", "2026-11-20").period(Tz::Europe__Vienna, now);
        assert_eq!(period.start.to_rfc3339(), "2026-11-20T11:00:00+00:00");
        assert_eq!(days_of(Language::English, period, Tz::Europe__Vienna), "20 November 2026");
    }

    #[test]
    fn a_day_without_a_midnight_begins_later() {
        // In Beirut, clocks went from 0:00 to 1:00 on 31 March 2024.
        let date = "2024-03-31".parse().unwrap();
        assert_eq!(begin(date, Tz::Asia__Beirut).to_rfc3339(), "2024-03-30T22:00:00+00:00");
    }
}
