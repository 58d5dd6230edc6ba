//! Time as loans reckon with it: half-open intervals of instants, and days in the zone of a pick-up place.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use inventory_api::PeriodRequest;
use problem::FieldErrors;

/// How far ahead a loan may begin.
const FURTHEST_AHEAD: TimeDelta = TimeDelta::days(2 * 366);
/// How late a request may be for a loan that begins at once: an order has been on its way.
const LATE: TimeDelta = TimeDelta::minutes(15);

/// The time from `start` to before `end`; it is never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

/// What an item asks of the loans of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LoanRules {
    /// The zone in which days are counted.
    pub(crate) time_zone: Tz,
    /// The most days it may be out.
    pub(crate) max_days: u16,
    /// For how long after a loan it is kept from the next.
    pub(crate) buffer: TimeDelta,
}

impl Window {
    pub(crate) fn new(start: DateTime<Utc>, end: DateTime<Utc>) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    pub(crate) fn start(self) -> DateTime<Utc> {
        self.start
    }

    pub(crate) fn end(self) -> DateTime<Utc> {
        self.end
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// What of it is not over at this moment.
    pub(crate) fn from(self, now: DateTime<Utc>) -> Option<Self> {
        Self::new(self.start.max(now), self.end)
    }

    /// The same with a later end.
    pub(crate) fn and(self, more: TimeDelta) -> Self {
        Self { end: self.end + more.max(TimeDelta::zero()), ..self }
    }
}

impl LoanRules {
    /// Reads the period at `/period` of a loan that is asked for now, noting everything that is wrong with it.
    pub(crate) fn period(
        &self,
        errors: &mut FieldErrors,
        request: &PeriodRequest,
        now: DateTime<Utc>,
    ) -> Option<Window> {
        let start = errors.required("/period/start", request.start).map(whole_micros);
        let end = errors.required("/period/end", request.end).map(whole_micros);
        let (start, end) = (start?, end?);
        if start < now - LATE {
            errors.refuse("/period/start", "in_the_past", "A loan cannot begin in the past.");
        }
        if start > now + FURTHEST_AHEAD {
            errors.refuse("/period/start", "too_far_ahead", "A loan begins within the next two years.");
        }
        if end <= start {
            errors.refuse("/period/end", "ends_before_it_starts", "The end has to be after the start.");
            return None;
        }
        if end <= now {
            errors.refuse("/period/end", "in_the_past", "The end has to be in the future.");
        }
        if self.last_end(start).is_none_or(|last| end > last) {
            let detail = format!("It is lent for at most {} days.", self.max_days);
            errors.refuse("/period/end", "too_long", detail);
        }
        Window::new(start, end)
    }

    /// The time that a loan keeps its unit from others.
    pub(crate) fn blocked(&self, period: Window) -> Window {
        period.and(self.buffer)
    }

    /// What a loan of whole days, from one until before another, would keep from others if it were asked for now. A day is
    /// as long as its zone makes it. None if nothing of it is left, it is too far ahead, or the zone leaves the days out.
    pub(crate) fn of_days(&self, first: NaiveDate, end: NaiveDate, now: DateTime<Utc>) -> Option<Window> {
        let days = Window::new(day_start(first, self.time_zone)?, day_start(end, self.time_zone)?)?.from(now)?;
        (days.start() <= now + FURTHEST_AHEAD).then(|| self.blocked(days))
    }

    /// When a loan has to end at the latest: at the same time of day, so that no day is lost where clocks are changed.
    fn last_end(&self, start: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = start.with_timezone(&self.time_zone).naive_local();
        let end = local.checked_add_days(Days::new(self.max_days.into()))?;
        // Where clocks go back, the same time of day comes twice; a loan may use both.
        let same_time = at_or_after(end, self.time_zone)?.1;
        Some(same_time.max(start + TimeDelta::days(self.max_days.into())))
    }
}

/// The first instant of a day.
fn day_start(date: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    at_or_after(date.and_time(NaiveTime::MIN), zone).map(|(first, _)| first)
}

/// The first and the last instant at which clocks show this time; if they leave it out, the first instant after it.
fn at_or_after(local: NaiveDateTime, zone: Tz) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    /// No zone has ever left out more than a day, nor anything that is no multiple of this.
    const STEP: TimeDelta = TimeDelta::minutes(15);
    let mut candidates = (0..=4 * 24).filter_map(|steps| local.checked_add_signed(STEP * steps));
    candidates.find_map(|candidate| {
        let found = zone.from_local_datetime(&candidate);
        Some((found.earliest()?.to_utc(), found.latest()?.to_utc()))
    })
}

/// What every database keeps without loss.
fn whole_micros(at: DateTime<Utc>) -> DateTime<Utc> {
    use chrono::SubsecRound;
    at.trunc_subsecs(6)
}

#[cfg(test)]
mod tests;
