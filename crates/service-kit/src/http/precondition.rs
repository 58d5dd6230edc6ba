use std::borrow::Cow;
use std::convert::Infallible;

use ::http::request::Parts;
use ::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use problem::{Kind, Problem};

/// The strong entity tag of a version: `"7"` (RFC 9110 §8.8.3).
pub fn etag(version: i64) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// As [`etag`], of a representation that also counts what comes and goes without a new version: `"7.12"`. A change that names
/// it is meant for the version.
pub(super) fn etag_counting(version: i64, count: u64) -> HeaderValue {
    match count {
        0 => etag(version),
        _ => HeaderValue::try_from(format!("\"{version}.{count}\"")).unwrap_or(HeaderValue::from_static("\"\"")),
    }
}

/// The version that a change is meant for. A change without `If-Match` is refused, so that nobody's is lost unseen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Wanted);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Any,
    OneOf(Vec<String>),
}

impl IfMatch {
    /// Lets the change pass if it was made for this version.
    ///
    /// # Errors
    /// 412 when it was made for another.
    pub fn check(&self, version: i64) -> Result<(), Problem> {
        let current = etag(version);
        match &self.0 {
            Wanted::Any => Ok(()),
            Wanted::OneOf(tags) if tags.iter().any(|tag| without_count(tag).as_bytes() == current.as_bytes()) => Ok(()),
            Wanted::OneOf(_) => {
                let detail = format!("The current version has the ETag \"{version}\".");
                Err(Problem::because(Kind::StaleVersion, detail).with_header(header::ETAG, current))
            }
        }
    }

    fn of(headers: &HeaderMap) -> Option<Self> {
        let tags = entity_tags(headers, &header::IF_MATCH);
        let any = tags.iter().any(|tag| tag == "*");
        (!tags.is_empty()).then_some(Self(if any { Wanted::Any } else { Wanted::OneOf(tags) }))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    /// # Errors
    /// 428 without the header.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Self::of(&parts.headers).ok_or_else(|| Problem::new(Kind::MissingPrecondition))
    }
}

/// For changes that lose nothing of anybody's without the header. Whoever sends it means it (RFC 9110 §13.1.1).
impl<S: Send + Sync> OptionalFromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(Self::of(&parts.headers))
    }
}

/// The tag of the version alone.
fn without_count(tag: &str) -> Cow<'_, str> {
    match tag.split_once('.') {
        Some((version, _)) => Cow::Owned(format!("{version}\"")),
        None => Cow::Borrowed(tag),
    }
}

/// Whether the client has this representation already: weak comparison, as RFC 9110 §13.1.2 asks for.
pub(super) fn none_match(headers: &HeaderMap, current: &HeaderValue) -> bool {
    let tags = entity_tags(headers, &header::IF_NONE_MATCH);
    let current = opaque(current.as_bytes());
    tags.iter().any(|tag| tag == "*" || opaque(tag.as_bytes()) == current)
}

/// The tag without its weakness, which a weak comparison leaves aside (RFC 9110 §8.8.3.2).
fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

fn entity_tags(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    // Our own tags hold no commas, so a tag that does is not ours and may fall apart.
    lines.flat_map(|line| line.split(',')).map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    async fn if_match(value: &'static str) -> Result<IfMatch, Problem> {
        let mut request = ::http::Request::new(());
        *request.headers_mut() = headers(header::IF_MATCH, value);
        <IfMatch as FromRequestParts<()>>::from_request_parts(&mut request.into_parts().0, &()).await
    }

    #[tokio::test]
    async fn a_change_passes_for_the_version_it_was_made_for() {
        for (value, passes) in
            [("\"3\"", true), ("*", true), ("\"2\", \"3\"", true), ("\"2\"", false), ("W/\"3\"", false), ("3", false)]
        {
            assert_eq!(if_match(value).await.unwrap().check(3).is_ok(), passes, "{value}");
        }
    }

    #[tokio::test]
    async fn a_change_for_no_version_is_refused() {
        assert_eq!(if_match(" ").await.unwrap_err().kind(), Kind::MissingPrecondition);
    }

    #[test]
    fn tags_are_compared_without_their_weakness() {
        for (value, matches) in
            [("W/\"3\"", true), ("\"3\"", true), ("\"1\",\"3\"", true), ("*", true), ("\"4\"", false)]
        {
            let known = headers(header::IF_NONE_MATCH, value);
            assert_eq!(none_match(&known, &etag(3)), matches, "{value}");
            assert_eq!(none_match(&known, &HeaderValue::from_static("W/\"3\"")), matches, "{value}");
        }
    }
}
