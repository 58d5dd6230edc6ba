//! The one form of a request's target that routing, cache keys and upstreams see, so that no two of them can understand
//! the same bytes differently. What has no safe form is refused.

use std::borrow::Cow;

use http::Uri;
use http::uri::Scheme;

/// A normalised path and query. Escapes that mean an unreserved character are decoded, the others are in capitals
/// (RFC 3986 §6.2.2), parameters are sorted by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    pub(crate) path: Cow<'a, str>,
    /// Without the question mark; empty when there is none.
    pub(crate) query: Cow<'a, str>,
}

/// Why a target is refused. The text is what the client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TargetError {
    #[error("The request target has to be a path that begins with a slash.")]
    NotAPath,
    #[error("The address holds a percent sign that begins no escape; write it as %25.")]
    BrokenEscape,
    #[error("The path holds an encoded slash, dot, semicolon or control character.")]
    EncodedDelimiter,
    #[error("The path is encoded twice.")]
    DoubleEncoding,
    #[error("The address holds a character that has to be percent-encoded.")]
    Unencoded,
    #[error("The path holds a segment that is empty, `.` or `..`.")]
    OddSegment,
    #[error("The path holds parameters after a semicolon.")]
    Semicolon,
}

impl<'a> Target<'a> {
    /// # Errors
    /// When the target is malformed, or could mean different things to different readers.
    pub(crate) fn parse(uri: &'a Uri) -> Result<Self, TargetError> {
        let path = uri.path();
        // Of an absolute target (RFC 9112 §3.2.2) the scheme is not believed: the connection says whether there is TLS.
        let is_web = uri.scheme().is_none_or(|scheme| [Scheme::HTTP, Scheme::HTTPS].contains(scheme));
        if !path.starts_with('/') || !is_web {
            return Err(TargetError::NotAPath);
        }
        Ok(Self { path: normalised_path(path)?, query: normalised_query(uri.query().unwrap_or_default())? })
    }

    /// The target for an upstream, with this query.
    ///
    /// # Errors
    /// When the query is malformed.
    pub(crate) fn to_uri(&self, query: &str) -> Result<Uri, TargetError> {
        let text = if query.is_empty() { self.path.to_string() } else { format!("{}?{query}", self.path) };
        Uri::try_from(text).map_err(|_| TargetError::NotAPath)
    }
}

/// The names of a normalised query's parameters, in order.
pub(crate) fn parameter_names(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter(|pair| !pair.is_empty()).map(name_of)
}

fn name_of(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(name, _)| name)
}

fn normalised_path(path: &str) -> Result<Cow<'_, str>, TargetError> {
    let (mut is_escaped, mut may_be_odd, mut before) = (false, false, b'.');
    for byte in path.bytes() {
        match byte {
            b'%' => is_escaped = true,
            b';' => return Err(TargetError::Semicolon),
            // Only what follows a slash makes a segment odd; escapes for either are refused.
            b'/' | b'.' => may_be_odd |= before == b'/',
            byte if PATH_BYTES[usize::from(byte)] => {}
            _ => return Err(TargetError::Unencoded),
        }
        before = byte;
    }
    let path = if is_escaped { Cow::Owned(once_unescaped(path)?) } else { Cow::Borrowed(path) };
    if may_be_odd { with_ordinary_segments(path) } else { Ok(path) }
}

fn with_ordinary_segments(path: Cow<'_, str>) -> Result<Cow<'_, str>, TargetError> {
    let mut segments = path[1..].split('/').peekable();
    while let Some(segment) = segments.next() {
        // An empty last segment is a slash at the end, which is ordinary.
        let is_odd = matches!(segment, "." | "..") || segment.is_empty() && segments.peek().is_some();
        if is_odd {
            return Err(TargetError::OddSegment);
        }
    }
    Ok(path)
}

fn normalised_query(query: &str) -> Result<Cow<'_, str>, TargetError> {
    if query.is_empty() {
        return Ok(Cow::Borrowed(""));
    }
    let (mut is_escaped, mut is_list) = (false, false);
    for byte in query.bytes() {
        match byte {
            b'%' => is_escaped = true,
            b'&' => is_list = true,
            b'!'..=b'~' if byte != b'#' => {}
            _ => return Err(TargetError::Unencoded),
        }
    }
    let query = if is_escaped { Cow::Owned(unescaped(query, decode_in_query)?) } else { Cow::Borrowed(query) };
    if !is_list {
        return Ok(query);
    }
    let has_empty = query.split('&').any(str::is_empty);
    if !has_empty && query.split('&').map(name_of).is_sorted() {
        return Ok(query);
    }
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    // The sort is stable: values of one name keep their order, which may mean something.
    pairs.sort_by_key(|pair| name_of(pair));
    Ok(Cow::Owned(pairs.join("&")))
}

/// What becomes of an escape.
enum Escape {
    Decode,
    Keep,
}

/// `decide` sees the escaped byte and the text that follows the escape.
fn unescaped(text: &str, decide: fn(u8, &[u8]) -> Result<Escape, TargetError>) -> Result<String, TargetError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let bytes = &rest.as_bytes()[at + 1..];
        let byte = escaped_byte(bytes).ok_or(TargetError::BrokenEscape)?;
        match decide(byte, &bytes[2..])? {
            Escape::Decode => out.push(char::from(byte)),
            Escape::Keep => out.push_str(&rest[at..at + 3].to_ascii_uppercase()),
        }
        rest = &rest[at + 3..];
    }
    out.push_str(rest);
    Ok(out)
}

/// An escape of a path that only what was decoded behind a percent sign makes one: `%25%32f` has become `%252f`.
fn once_unescaped(path: &str) -> Result<String, TargetError> {
    let path = unescaped(path, decode_in_path)?;
    let is_escape = |after: &str| escaped_byte(after.as_bytes()).is_some();
    if path.split("%25").skip(1).any(is_escape) { Err(TargetError::DoubleEncoding) } else { Ok(path) }
}

fn decode_in_path(byte: u8, after: &[u8]) -> Result<Escape, TargetError> {
    match byte {
        b'/' | b'\\' | b'.' | b';' | 0..=0x1f | 0x7f => Err(TargetError::EncodedDelimiter),
        b'%' if escaped_byte(after).is_some() => Err(TargetError::DoubleEncoding),
        byte if is_unreserved(byte) => Ok(Escape::Decode),
        _ => Ok(Escape::Keep),
    }
}

/// In a value everything may stand, a percent sign before digits too; only NUL ends strings where nobody expects it.
fn decode_in_query(byte: u8, _after: &[u8]) -> Result<Escape, TargetError> {
    match byte {
        0 => Err(TargetError::EncodedDelimiter),
        byte if is_unreserved(byte) => Ok(Escape::Decode),
        _ => Ok(Escape::Keep),
    }
}

fn escaped_byte(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*digits.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// RFC 3986 §2.3.
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// What a path may hold as it is: `pchar` and the slash (RFC 3986 §3.3), less the semicolon.
const PATH_BYTES: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte: u8 = 0;
    loop {
        let is_delimiter =
            matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'=' | b':' | b'@' | b'/');
        plain[byte as usize] = is_unreserved(byte) || is_delimiter;
        if byte == u8::MAX {
            break plain;
        }
        byte += 1;
    }
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(target: &Target<'_>) -> String {
        target.to_uri(&target.query).unwrap().to_string()
    }

    fn parse(text: &str) -> Result<String, TargetError> {
        let uri: Uri = text.parse().unwrap();
        Target::parse(&uri).map(|target| written(&target))
    }

    #[test]
    fn ordinary_targets_stay_as_they_are_without_a_copy() {
        for text in
            ["/", "/api/v1/items", "/.well-known/jwks.json", "/a/b/", "/a:b@c/(d)", "/a?b=1&c=2", "/a?q=x+y/z;w"]
        {
            let uri: Uri = text.parse().unwrap();
            let target = Target::parse(&uri).unwrap();
            assert_eq!(written(&target), text);
            assert!(matches!((&target.path, &target.query), (Cow::Borrowed(_), Cow::Borrowed(_))), "{text}");
        }
    }

    #[test]
    fn spellings_of_the_same_target_become_one() {
        for (text, normal) in [
            ("/%61bc", "/abc"),
            ("/caf%c3%a9", "/caf%C3%A9"),
            ("/a%20b", "/a%20b"),
            ("/100%25", "/100%25"),
            ("/a?c=2&b=1", "/a?b=1&c=2"),
            ("/a?b=2&a=0&b=1", "/a?a=0&b=2&b=1"),
            ("/a?&b=1&&", "/a?b=1"),
            ("/a?", "/a"),
            ("/a?%71=%7a%2f", "/a?q=z%2F"),
            ("/a?q=%2541", "/a?q=%2541"),
            ("http://host/a?b=1", "/a?b=1"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(normal), "{text}");
        }
    }

    #[test]
    fn what_could_be_understood_in_two_ways_is_refused() {
        use TargetError as E;
        for (text, error) in [
            ("/a%2fb", E::EncodedDelimiter),
            ("/a%5Cb", E::EncodedDelimiter),
            ("/%2e%2e/b", E::EncodedDelimiter),
            ("/a%00", E::EncodedDelimiter),
            ("/a%0d%0ab", E::EncodedDelimiter),
            ("/a%3bx", E::EncodedDelimiter),
            ("/a?b=%00", E::EncodedDelimiter),
            ("/a%252fb", E::DoubleEncoding),
            ("/a%25%32fb", E::DoubleEncoding),
            ("/a%252%66b", E::DoubleEncoding),
            ("/a;x=1", E::Semicolon),
            ("/a;/b", E::Semicolon),
            ("/../a", E::OddSegment),
            ("/a/./b", E::OddSegment),
            ("/a/..", E::OddSegment),
            ("//a", E::OddSegment),
            ("/a//b", E::OddSegment),
            ("/a%", E::BrokenEscape),
            ("/a%2", E::BrokenEscape),
            ("/a%zz", E::BrokenEscape),
            ("/a?b=%g1", E::BrokenEscape),
            ("/a{b}", E::Unencoded),
            ("/a\\b", E::Unencoded),
            ("/caf\u{e9}", E::Unencoded),
            ("/a?q=caf\u{e9}", E::Unencoded),
            ("*", E::NotAPath),
            ("host:80", E::NotAPath),
            ("ftp://host/a", E::NotAPath),
        ] {
            let Ok(uri) = text.parse::<Uri>() else { continue };
            let refused = Target::parse(&uri).map(|target| written(&target));
            assert_eq!(refused, Err(error), "{text}");
        }
    }

    #[test]
    fn parameter_names_are_those_before_the_equals_sign() {
        let names: Vec<_> = parameter_names("a=1&b&c=d=e").collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(parameter_names("").count(), 0);
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in "/[a-zA-Z0-9%/.;&=?_~:@ -]{0,30}") {
            let Ok(uri) = text.parse::<Uri>() else { return Ok(()) };
            let Ok(target) = Target::parse(&uri) else { return Ok(()) };
            let once = written(&target);
            prop_assert_eq!(parse(&once), Ok(once));
        }

        #[test]
        fn no_normal_path_hides_a_slash_or_a_dot_segment(text in "/[a-c%0-9F.e/]{0,20}") {
            let Ok(uri) = text.parse::<Uri>() else { return Ok(()) };
            let Ok(target) = Target::parse(&uri) else { return Ok(()) };
            let path = target.path.to_lowercase();
            prop_assert!(!path.contains("%2f") && !path.contains("%2e") && !path.contains("//"), "{}", path);
            prop_assert!(path.split('/').all(|segment| segment != "." && segment != ".."), "{}", path);
        }
    }
}
