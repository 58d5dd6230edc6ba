//! What happened to which order when.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use order_api::OrderState;

use super::Story;
use crate::demo::bookings::HANDS_CHANGE;

/// How long owners think about a request, and how long it takes until somebody thinks better of it.
const THOUGHT: TimeDelta = TimeDelta::hours(1);
const SECOND_THOUGHT: TimeDelta = TimeDelta::hours(20);
/// Until who has bought something comes by.
const FETCHED: TimeDelta = TimeDelta::hours(24);

/// What people do, or leave undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Place,
    Approve,
    Decline,
    Cancel,
    HandOver,
    TakeBack,
    Expire,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) struct Scene {
    pub(in crate::demo) at: DateTime<Utc>,
    pub(super) act: Act,
    /// Its line.
    pub(super) story: usize,
    /// When the loan begins.
    pub(super) start: Option<DateTime<Utc>>,
}

/// Everything that has happened by now, in the order of each story. None if a date is beyond the calendar.
pub(super) fn scenes(stories: &[Story], now: DateTime<Utc>) -> Option<Vec<Scene>> {
    let mut scenes = Vec::new();
    for (story, line) in stories.iter().enumerate() {
        let placed = now - TimeDelta::hours(line.hours_ago);
        let start = match line.first_day {
            None => None,
            Some(day) => {
                let first = now.date_naive().checked_add_signed(TimeDelta::try_days(day)?)?;
                Some(first.and_time(NaiveTime::MIN).and_utc() + HANDS_CHANGE)
            }
        };
        let fetched = start.unwrap_or(placed + FETCHED);
        let back = fetched + TimeDelta::try_days(i64::try_from(line.days.unwrap_or(0)).ok()?)?;
        let acts = match line.ends {
            OrderState::Closed => {
                vec![(Act::Approve, placed + THOUGHT), (Act::HandOver, fetched), (Act::TakeBack, back)]
            }
            OrderState::Active => vec![(Act::Approve, placed + THOUGHT), (Act::HandOver, fetched)],
            OrderState::Confirmed => vec![(Act::Approve, placed + THOUGHT)],
            OrderState::Declined => vec![(Act::Decline, placed + SECOND_THOUGHT)],
            OrderState::Cancelled => vec![(Act::Cancel, placed + SECOND_THOUGHT)],
            // It does by itself; whether it has is asked last.
            OrderState::Expired => vec![(Act::Expire, now)],
            _ => Vec::new(),
        };
        let acts = [(Act::Place, placed)].into_iter().chain(acts).filter(|(_, at)| *at <= now);
        scenes.extend(acts.map(|(act, at)| Scene { at, act, story, start }));
    }
    Some(scenes)
}

#[cfg(test)]
mod tests {
    use payment_api::Provider;

    use super::*;

    fn story(hours_ago: i64, first_day: i64, ends: OrderState) -> Story {
        Story {
            hours_ago,
            borrower: "ada@example.org".to_owned(),
            item: "drill-driver".to_owned(),
            units: 1,
            first_day: Some(first_day),
            days: Some(3),
            provider: Provider::Test,
            token: None,
            ends,
        }
    }

    #[test]
    fn nobody_hands_over_what_is_fetched_tomorrow() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::hours(12);
        let acts =
            |line: Story| -> Vec<Act> { scenes(&[line], now).unwrap().into_iter().map(|scene| scene.act).collect() };
        assert_eq!(acts(story(50, 1, OrderState::Active)), [Act::Place, Act::Approve]);
        assert_eq!(acts(story(50, -1, OrderState::Active)), [Act::Place, Act::Approve, Act::HandOver]);
        let all = [Act::Place, Act::Approve, Act::HandOver, Act::TakeBack];
        assert_eq!(acts(story(200, -5, OrderState::Closed)), all);
        assert_eq!(acts(story(10, 3, OrderState::Cancelled)), [Act::Place]);
    }
}
