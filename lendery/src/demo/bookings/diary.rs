//! What happened when.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};

use super::Booking;
use crate::demo::OPENED_DAYS_AGO;

/// The time of day, UTC, at which things change hands: ten in the summer of the demo's town, nine in its winter.
pub(in crate::demo) const HANDS_CHANGE: TimeDelta = TimeDelta::hours(8);

/// How long before a loan it is promised at the earliest.
const AHEAD: Days = Days::new(21);

/// What is done with a booking. Of what happens at the same moment, taking back comes first, for it makes room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    TakeBack,
    Promise,
    HandOver,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::demo) struct Entry {
    pub(in crate::demo) at: DateTime<Utc>,
    pub(super) step: Step,
    /// Its line.
    pub(super) booking: usize,
    /// When the loan begins.
    pub(super) start: DateTime<Utc>,
}

/// Everything that has happened by now, in order. None if a date is beyond the calendar.
pub(super) fn diary(bookings: &[Booking], now: DateTime<Utc>) -> Option<Vec<Entry>> {
    let opened = now - Days::new(OPENED_DAYS_AGO) + TimeDelta::days(1);
    let mut entries = Vec::new();
    for (booking, line) in bookings.iter().enumerate() {
        let first = now.date_naive().checked_add_signed(TimeDelta::try_days(line.first_day)?)?;
        let start = first.and_time(NaiveTime::MIN).and_utc() + HANDS_CHANGE;
        let end = start.checked_add_days(Days::new(line.days))?;
        let promised = start.checked_sub_days(AHEAD)?.max(opened).min(now);
        let steps = [(Step::Promise, promised), (Step::HandOver, start), (Step::TakeBack, end)];
        let happened = steps.into_iter().filter(|(_, at)| *at <= now);
        entries.extend(happened.map(|(step, at)| Entry { at, step, booking, start }));
    }
    entries.sort_unstable();
    Some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn booking(first_day: i64, days: u64) -> Booking {
        Booking { first_day, days, item: "drill".to_owned(), units: 1, borrower: "ada@example.org".to_owned() }
    }

    #[test]
    fn what_is_over_came_back_what_is_out_was_handed_over_and_what_is_to_come_is_promised() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::hours(12);
        let steps =
            |line: Booking| -> Vec<Step> { diary(&[line], now).unwrap().into_iter().map(|entry| entry.step).collect() };
        assert_eq!(steps(booking(-9, 3)), [Step::Promise, Step::HandOver, Step::TakeBack]);
        assert_eq!(steps(booking(-1, 3)), [Step::Promise, Step::HandOver]);
        assert_eq!(steps(booking(1, 3)), [Step::Promise]);
        assert_eq!(steps(booking(90, 3)), [Step::Promise]);
    }

    #[test]
    fn what_comes_back_can_go_out_at_the_same_moment() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let both = diary(&[booking(-50, 5), booking(-55, 5)], now).unwrap();
        let moment = now + HANDS_CHANGE - Days::new(50);
        let then: Vec<_> =
            both.iter().filter(|entry| entry.at == moment).map(|entry| (entry.step, entry.booking)).collect();
        assert_eq!(then, [(Step::TakeBack, 1), (Step::HandOver, 0)]);
        assert!(both.is_sorted_by_key(|entry| entry.at));
    }

    #[test]
    fn nothing_is_promised_before_the_demo_begins() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let first = diary(&[booking(-150, 5)], now).unwrap()[0];
        assert_eq!(first.step, Step::Promise);
        assert!(first.at > now - Days::new(OPENED_DAYS_AGO) && first.at <= first.start);
    }
}
