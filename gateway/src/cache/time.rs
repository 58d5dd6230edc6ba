use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, HeaderName};
use service_kit::clock::Clock;

/// A moment, in milliseconds since 1970: as much as ages and lifetimes need, and cheap to keep with every entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp(u64);

impl Timestamp {
    pub(crate) fn now(clock: &Clock) -> Self {
        Self(u64::try_from(clock.now().timestamp_millis()).unwrap_or(0))
    }

    #[cfg(test)]
    pub(crate) const fn from_secs(seconds: u64) -> Self {
        Self(seconds * 1000)
    }

    /// The moment a header names in one of the three formats of RFC 9110 §5.6.7, if it does.
    pub(crate) fn from_header(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        let date = httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()?;
        let since = date.duration_since(UNIX_EPOCH).ok()?;
        u64::try_from(since.as_millis()).ok().map(Self)
    }

    /// How much later this is; nothing when the clock was set back in between.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}
