//! How many days a loan is charged for.

use chrono::{TimeDelta, Utc};
use chrono_tz::Tz;
use inventory_api::Period;

/// Days that have begun, by the clocks of the pick-up place: the hour that is lost or won when clocks are changed costs
/// nothing.
pub(crate) fn begun_days(period: Period, zone: Tz) -> i64 {
    let local = |at: chrono::DateTime<Utc>| at.with_timezone(&zone).naive_local();
    let span = local(period.end) - local(period.start);
    let whole = span.num_days();
    let begun = whole + i64::from(span > TimeDelta::days(whole));
    begun.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(start: &str, end: &str) -> i64 {
        let period = Period { start: start.parse().unwrap(), end: end.parse().unwrap() };
        begun_days(period, chrono_tz::Europe::Vienna)
    }

    #[test]
    fn a_day_that_has_begun_counts() {
        assert_eq!(days("2027-03-10T08:00:00Z", "2027-03-10T09:00:00Z"), 1);
        assert_eq!(days("2027-03-10T08:00:00Z", "2027-03-11T08:00:00Z"), 1);
        assert_eq!(days("2027-03-10T08:00:00Z", "2027-03-11T08:00:01Z"), 2);
        assert_eq!(days("2027-03-10T08:00:00Z", "2027-03-17T08:00:00Z"), 7);
    }

    #[test]
    fn changing_the_clocks_costs_nothing() {
        // On 31 October 2027 the clocks of Vienna go back by an hour: the week from noon to noon has 169 hours.
        assert_eq!(days("2027-10-27T10:00:00Z", "2027-11-03T11:00:00Z"), 7);
        // And on 28 March 2027 forward: 167 hours.
        assert_eq!(days("2027-03-24T11:00:00Z", "2027-03-31T10:00:00Z"), 7);
    }
}
