use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use inventory_api::DayAvailability;

use super::dates::month_name;
use crate::words::Language;

/// A month as a calendar shows it.
#[derive(Debug, Clone)]
pub(crate) struct Month {
    pub(crate) title: String,
    /// Mondays first; none for days of other months.
    pub(crate) weeks: Vec<[Option<Day>; 7]>,
}

/// One day of it.
#[derive(Debug, Clone)]
pub(crate) struct Day {
    pub(crate) date: NaiveDate,
    pub(crate) number: u32,
    /// Units that are free, where that is known.
    pub(crate) free: Option<u32>,
    /// The same in words.
    pub(crate) label: Option<String>,
}

/// The months that these days are in, each whole.
pub(crate) fn months(language: Language, days: &[DayAvailability]) -> Vec<Month> {
    let free: BTreeMap<NaiveDate, u32> = days.iter().map(|day| (day.date, day.free)).collect();
    let mut firsts: Vec<_> = free.keys().filter_map(|date| date.with_day(1)).collect();
    firsts.dedup();
    firsts.into_iter().map(|first| month(language, first, &free)).collect()
}

/// The weeks of the month that begins on this day, Mondays first; none for days of other months.
pub(crate) fn weeks(first: NaiveDate) -> Vec<[Option<NaiveDate>; 7]> {
    let mut weeks: Vec<[Option<NaiveDate>; 7]> = Vec::new();
    for date in first.iter_days().take_while(|date| date.month() == first.month()) {
        let weekday = date.weekday().num_days_from_monday() as usize;
        if weeks.is_empty() || weekday == 0 {
            weeks.push([None; 7]);
        }
        if let Some(week) = weeks.last_mut() {
            week[weekday] = Some(date);
        }
    }
    weeks
}

/// A month's name with its year.
pub(crate) fn month_title(language: Language, first: NaiveDate) -> String {
    format!("{} {}", month_name(language, first.month0()), first.year())
}

fn month(language: Language, first: NaiveDate, free: &BTreeMap<NaiveDate, u32>) -> Month {
    let day = |date: NaiveDate| {
        let free = free.get(&date).copied();
        Day { date, number: date.day(), free, label: free.map(|free| label(language, free)) }
    };
    let weeks = weeks(first).into_iter().map(|week| week.map(|date| date.map(day))).collect();
    Month { title: month_title(language, first), weeks }
}

fn label(language: Language, free: u32) -> String {
    let w = language.words();
    if free == 0 { w.full_word.to_owned() } else { format!("{free} {}", w.free_word) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_stand_below_their_weekdays_in_whole_months() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let days = [("2026-11-30", 2), ("2026-12-01", 0)];
        let days = days.map(|(text, free)| DayAvailability { date: date(text), free });
        let months = months(Language::German, &days);
        assert_eq!(
            months.iter().map(|month| month.title.as_str()).collect::<Vec<_>>(),
            ["November 2026", "Dezember 2026"]
        );
        let first = &months[0].weeks[0];
        assert!(first[..6].iter().all(Option::is_none), "1 November 2026 is a Sunday");
        assert_eq!(first[6].as_ref().unwrap().number, 1);
        let last = months[0].weeks.last().unwrap()[0].as_ref().unwrap();
        assert_eq!((last.number, last.label.as_deref()), (30, Some("2 frei")));
        assert_eq!(months[1].weeks[0][1].as_ref().unwrap().label.as_deref(), Some("belegt"));
        assert!(months[1].weeks[0][2].as_ref().unwrap().free.is_none());
    }
}
