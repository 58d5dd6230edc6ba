//! What the cache says it did, in `Cache-Status` (RFC 9211).

use std::fmt::Write;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};

pub(crate) const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// The name under which this cache speaks.
const NAME: &str = "lendery";

/// How an answer came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheStatus {
    /// From memory, fresh.
    Hit { ttl: i64 },
    /// From what gateways share, fresh.
    SharedHit { ttl: i64 },
    /// From memory, stale, and being refreshed.
    StaleHit { ttl: i64 },
    /// From memory, stale, because the upstream failed.
    StaleOnError { ttl: i64 },
    /// From the upstream.
    Forwarded { why: Forward, status: Option<StatusCode>, stored: bool, collapsed: bool },
}

/// Why a request went to the upstream, in RFC 9211's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forward {
    /// The route is not cached, or the request carries credentials or what cannot be part of a key.
    Bypass,
    /// The method is neither GET nor HEAD.
    Method,
    /// Nothing was stored under its address.
    UriMiss,
    /// What was stored is for other headers.
    VaryMiss,
    /// What was stored is stale.
    Stale,
    /// The request asked for it.
    Request,
}

impl Forward {
    fn as_str(self) -> &'static str {
        match self {
            Self::Bypass => "bypass",
            Self::Method => "method",
            Self::UriMiss => "uri-miss",
            Self::VaryMiss => "vary-miss",
            Self::Stale => "stale",
            Self::Request => "request",
        }
    }
}

impl CacheStatus {
    /// An answer that the cache had no part in.
    pub(crate) fn passed(why: Forward) -> Self {
        Self::Forwarded { why, status: None, stored: false, collapsed: false }
    }

    pub(crate) fn to_header(self) -> HeaderValue {
        if let Self::Hit { ttl } | Self::StaleHit { ttl } = self {
            return hit(ttl);
        }
        let mut text = String::with_capacity(64);
        // Writing into a string never fails.
        let _ok = match self {
            Self::Hit { .. } | Self::StaleHit { .. } => Ok(()),
            Self::SharedHit { ttl } => write!(text, "{NAME}; hit; ttl={ttl}; detail=shared"),
            Self::StaleOnError { ttl } => write!(text, "{NAME}; hit; ttl={ttl}; detail=stale-if-error"),
            Self::Forwarded { why, status, stored, collapsed } => {
                let status = status.map_or_else(String::new, |status| format!("; fwd-status={}", status.as_u16()));
                let stored = if stored { "; stored" } else { "" };
                let collapsed = if collapsed { "; collapsed" } else { "" };
                write!(text, "{NAME}; fwd={}{status}{stored}{collapsed}", why.as_str())
            }
        };
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(NAME))
    }
}

/// What nearly every answer says, without the detour over a formatter.
fn hit(ttl: i64) -> HeaderValue {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = ttl.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    let sign: &[u8] = if ttl < 0 { b"-" } else { b"" };
    let text = [b"lendery; hit; ttl=".as_slice(), sign, &digits[at..]].concat();
    HeaderValue::from_maybe_shared(Bytes::from(text)).unwrap_or(HeaderValue::from_static(NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_has_its_words() {
        let confirmed = StatusCode::NOT_MODIFIED;
        for (status, text) in [
            (CacheStatus::Hit { ttl: 59 }, "lendery; hit; ttl=59"),
            (CacheStatus::SharedHit { ttl: 59 }, "lendery; hit; ttl=59; detail=shared"),
            (CacheStatus::StaleHit { ttl: -2 }, "lendery; hit; ttl=-2"),
            (CacheStatus::Hit { ttl: 0 }, "lendery; hit; ttl=0"),
            (CacheStatus::Hit { ttl: i64::MIN }, "lendery; hit; ttl=-9223372036854775808"),
            (CacheStatus::StaleOnError { ttl: -2 }, "lendery; hit; ttl=-2; detail=stale-if-error"),
            (CacheStatus::passed(Forward::Bypass), "lendery; fwd=bypass"),
            (
                CacheStatus::Forwarded { why: Forward::Stale, status: Some(confirmed), stored: true, collapsed: true },
                "lendery; fwd=stale; fwd-status=304; stored; collapsed",
            ),
        ] {
            assert_eq!(status.to_header(), text);
        }
    }
}
