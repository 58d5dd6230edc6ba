use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The day as it is seen from long before it.
fn day(date: NaiveDate, zone: Tz) -> Option<Window> {
    let rules = LoanRules { buffer: TimeDelta::zero(), ..rules(zone, 1) };
    rules.of_days(date, date.succ_opt()?, date.and_time(NaiveTime::MIN).and_utc() - TimeDelta::days(100))
}

fn hours(on: &str, zone: Tz) -> i64 {
    let window = day(date(on), zone).unwrap();
    (window.end() - window.start()).num_hours()
}

fn refusals(rules: LoanRules, start: &str, end: &str) -> Vec<String> {
    let mut errors = FieldErrors::default();
    let request = PeriodRequest { start: Some(at(start)), end: Some(at(end)) };
    let period = rules.period(&mut errors, &request, at("2026-03-01T12:00:00Z"));
    match errors.finish(period) {
        Ok(_) => Vec::new(),
        Err(problem) => problem.errors().iter().map(|error| error.code.to_string()).collect(),
    }
}

fn rules(time_zone: Tz, max_days: u16) -> LoanRules {
    LoanRules { time_zone, max_days, buffer: TimeDelta::hours(2) }
}

#[test]
fn a_day_is_as_long_as_its_zone_makes_it() {
    for (on, zone, long) in [
        ("2026-03-29", Tz::Europe__Vienna, 23),
        ("2026-10-25", Tz::Europe__Vienna, 25),
        ("2026-03-08", Tz::America__New_York, 23),
        ("2026-11-01", Tz::America__New_York, 25),
        ("2026-10-04", Tz::Australia__Sydney, 23),
        ("2026-04-05", Tz::Australia__Sydney, 25),
        ("2026-03-29", Tz::UTC, 24),
        // Clocks go from 24:00 to 01:00, so that the day begins at one o'clock.
        ("2026-04-24", Tz::Africa__Cairo, 23),
        // Half an hour.
        ("2026-04-05", Tz::Australia__Lord_Howe, 24),
    ] {
        assert_eq!(hours(on, zone), long, "{on} {zone}");
    }
}

#[test]
fn days_follow_each_other_without_gap_or_overlap() {
    for zone in [Tz::Europe__Vienna, Tz::America__New_York, Tz::Africa__Cairo, Tz::Australia__Lord_Howe] {
        for date in date("2026-01-01").iter_days().take(366) {
            let next = day(date.succ_opt().unwrap(), zone).unwrap();
            assert_eq!(day(date, zone).unwrap().end(), next.start(), "{date} {zone}");
        }
    }
}

#[test]
fn a_day_that_a_zone_has_left_out_does_not_exist() {
    // Samoa went from the 29th to the 31st.
    assert_eq!(day(date("2011-12-30"), Tz::Pacific__Apia), None);
    assert!(day(date("2011-12-31"), Tz::Pacific__Apia).is_some());
}

#[test]
fn what_is_wrong_with_a_period_is_named() {
    let week = rules(Tz::UTC, 7);
    assert_eq!(refusals(week, "2026-03-02T10:00:00Z", "2026-03-09T10:00:00Z"), [""; 0]);
    for (start, end, codes) in [
        ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z", &["ends_before_it_starts"][..]),
        ("2026-03-02T10:00:00Z", "2026-03-01T10:00:00Z", &["ends_before_it_starts"]),
        ("2026-02-28T10:00:00Z", "2026-03-02T10:00:00Z", &["in_the_past"]),
        ("2026-02-20T10:00:00Z", "2026-02-22T10:00:00Z", &["in_the_past", "in_the_past"]),
        ("2026-03-02T10:00:00Z", "2026-03-09T10:00:00.000001Z", &["too_long"]),
        ("2026-03-02T10:00:00Z", "2036-03-02T10:00:00Z", &["too_long"]),
        ("2029-03-02T10:00:00Z", "2029-03-03T10:00:00Z", &["too_far_ahead"]),
        ("+262000-01-01T00:00:00Z", "+262000-01-02T00:00:00Z", &["too_far_ahead"]),
    ] {
        assert_eq!(refusals(week, start, end), codes, "{start} {end}");
    }
    assert_eq!(refusals(week, "2026-03-01T11:50:00Z", "2026-03-02T10:00:00Z"), [""; 0], "an order on its way");
}

#[test]
fn a_day_of_loan_is_a_day_of_the_zone() {
    let one = rules(Tz::Europe__Vienna, 1);
    // 25 hours, from midnight to midnight.
    assert_eq!(refusals(one, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"), [""; 0]);
    assert_eq!(refusals(one, "2026-10-24T22:00:00Z", "2026-10-25T23:00:01Z"), ["too_long"]);
    // 23 hours would do, and a full day is not refused either.
    assert_eq!(refusals(one, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), [""; 0]);
    assert_eq!(refusals(one, "2026-03-28T23:00:00Z", "2026-03-29T23:00:00Z"), [""; 0]);
}

#[test]
fn a_window_ends_before_its_end() {
    let window = |start: &str, end: &str| Window::new(at(start), at(end)).unwrap();
    let morning = window("2026-03-01T08:00:00Z", "2026-03-01T12:00:00Z");
    let afternoon = window("2026-03-01T12:00:00Z", "2026-03-01T18:00:00Z");
    assert!(!morning.overlaps(afternoon) && !afternoon.overlaps(morning));
    assert!(morning.overlaps(window("2026-03-01T11:59:59Z", "2026-03-01T18:00:00Z")));
    assert!(rules(Tz::UTC, 1).blocked(morning).overlaps(afternoon));
    assert_eq!(morning.from(at("2026-03-01T12:00:00Z")), None);
}

#[test]
fn what_is_over_of_a_day_is_not_offered() {
    let rules = rules(Tz::Europe__Vienna, 1);
    let today = date("2026-03-01");
    let left = rules.of_days(today, date("2026-03-02"), at("2026-03-01T12:00:00Z")).unwrap();
    assert_eq!((left.start(), left.end()), (at("2026-03-01T12:00:00Z"), at("2026-03-02T01:00:00Z")), "with the buffer");
    assert_eq!(rules.of_days(today, date("2026-03-02"), at("2026-03-01T23:00:00Z")), None);
    assert_eq!(rules.of_days(date("2030-03-01"), date("2030-03-02"), at("2026-03-01T23:00:00Z")), None);
}
