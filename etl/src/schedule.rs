//! When the next run is due.

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use croner::Cron;

use crate::EtlError;

/// An interval, or a cron line in UTC.
#[derive(Debug)]
pub(crate) enum Schedule {
    Every(TimeDelta),
    Cron(Box<Cron>),
}

impl Schedule {
    /// The first moment after `last` at which a run is due. However many such moments have passed since, the run that
    /// catches up is one.
    pub(crate) fn after(&self, last: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Every(interval) => last + *interval,
            // A line that never comes again, such as the 30th of February, is refused when it is read.
            Self::Cron(cron) => cron.find_next_occurrence(&last, false).unwrap_or(DateTime::<Utc>::MAX_UTC),
        }
    }
}

impl FromStr for Schedule {
    type Err = EtlError;

    fn from_str(text: &str) -> Result<Self, EtlError> {
        let wrong = || EtlError::Schedule { text: text.to_owned() };
        if text.split_whitespace().count() == 5 {
            let cron = Cron::from_str(text).map_err(|_| wrong())?;
            cron.find_next_occurrence(&DateTime::UNIX_EPOCH, false).map_err(|_| wrong())?;
            return Ok(Self::Cron(Box::new(cron)));
        }
        interval(text).and_then(|interval| TimeDelta::from_std(interval).ok()).map(Self::Every).ok_or_else(wrong)
    }
}

/// `90s`, `15m`, `6h`, `1d`; at least a second, at most a year.
fn interval(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return None,
    };
    let count: u32 = text.strip_suffix(unit)?.parse().ok()?;
    let interval = Duration::from_secs(u64::from(count) * seconds);
    let year = Duration::from_secs(366 * 24 * 60 * 60);
    (!interval.is_zero() && interval <= year).then_some(interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn an_interval_counts_from_the_last_run() {
        let schedule: Schedule = "15m".parse().unwrap();
        assert_eq!(schedule.after(at("2026-03-01T10:07:00Z")), at("2026-03-01T10:22:00Z"));
    }

    #[test]
    fn a_cron_line_is_read_in_utc() {
        let schedule: Schedule = "30 4 * * *".parse().unwrap();
        assert_eq!(schedule.after(at("2026-03-01T10:07:00Z")), at("2026-03-02T04:30:00Z"));
    }

    #[test]
    fn what_is_neither_is_named() {
        for text in ["", "m", "0m", "15", "15 m", "-5m", "9999d", "* * * *", "61 * * * *", "0 0 30 2 *"] {
            let error = text.parse::<Schedule>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")), "{error}");
        }
    }
}
