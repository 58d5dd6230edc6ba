use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName};
use service_kit::clock::Clock;

/// A moment, in milliseconds since 1970: as much as ages and lifetimes need, and cheap to keep with every entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp(u64);

impl Timestamp {
    pub(crate) fn now(clock: &Clock) -> Self {
        Self(u64::try_from(clock.now().timestamp_millis()).unwrap_or(0))
    }

    pub(crate) const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    pub(crate) const fn as_millis(self) -> u64 {
        self.0
    }

    /// So much earlier, but not before 1970.
    pub(crate) fn before(self, time: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)))
    }

    #[cfg(test)]
    pub(crate) const fn from_secs(seconds: u64) -> Self {
        Self(seconds * 1000)
    }

    /// The moment a header names in one of the three formats of RFC 9110 §5.6.7, if it does. Servers are known to get the
    /// case of letters and the day of the week wrong; neither leaves a doubt about what is meant.
    pub(crate) fn from_header(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        let text = headers.get(name)?.to_str().ok()?;
        let date = httpdate::parse_http_date(text).ok().or_else(|| parse_leniently(text))?;
        let since = date.duration_since(UNIX_EPOCH).ok()?;
        u64::try_from(since.as_millis()).ok().map(Self)
    }

    /// How much later this is; nothing when the clock was set back in between.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

fn parse_leniently(text: &str) -> Option<SystemTime> {
    let text = in_usual_case(text);
    let day_ends = text.find(|c: char| !c.is_ascii_alphabetic())?;
    let (day, rest) = text.split_at(day_ends);
    let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let is_short = days.iter().any(|known| &known[..3] == day);
    if !is_short && !days.contains(&day) {
        return None;
    }
    let mut same_form = days.iter().map(|known| if is_short { &known[..3] } else { known });
    // The parser insists on the one that belongs to the date.
    same_form.find_map(|day| httpdate::parse_http_date(&format!("{day}{rest}")).ok())
}

/// `Thu, 18 Aug 2050 02:01:18 GMT`, however its letters were written.
fn in_usual_case(text: &str) -> String {
    let mut is_first = true;
    let in_title_case = text.chars().map(|c| {
        let cased = if is_first { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        is_first = !c.is_ascii_alphabetic();
        cased
    });
    in_title_case.collect::<String>().replace(" Gmt", " GMT")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderValue, header};

    fn parsed(text: &str) -> Option<Timestamp> {
        let headers = HeaderMap::from_iter([(header::EXPIRES, HeaderValue::from_str(text).unwrap())]);
        Timestamp::from_header(&headers, &header::EXPIRES)
    }

    #[test]
    fn the_three_formats_are_read_whatever_their_case_and_their_weekday() {
        let meant = parsed("Thu, 18 Aug 2050 02:01:18 GMT").unwrap();
        for text in [
            "THU, 18 AUG 2050 02:01:18 gmt",
            "Fri, 18 Aug 2050 02:01:18 GMT",
            "Thursday, 18-Aug-50 02:01:18 GMT",
            "monday, 18-aug-50 02:01:18 GMT",
            "Thu Aug 18 02:01:18 2050",
            "Mon Aug 18 02:01:18 2050",
        ] {
            assert_eq!(parsed(text), Some(meant), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "0",
            "",
            "Thu",
            "Noday, 18 Aug 2050 02:01:18 GMT",
            "Thu, 18 Aug 2050 02:01:18 UTC",
            "Thu, 18 Aug 50 02:01:18 GMT",
            "Thu 18 Aug 2050 02:01:18 GMT",
            "Thu, 18  Aug  2050 02:01:18 GMT",
            "Thu, 18-Aug-2050 02:01:18 GMT",
            "Thu, 18 Aug 2050 02.01.18 GMT",
            "Thu, 18 Aug 2050 2:01:18 GMT",
            "Thu, 31 Feb 2050 02:01:18 GMT",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
