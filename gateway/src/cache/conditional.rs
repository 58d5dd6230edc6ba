//! A client's own conditions, answered from what is stored (RFC 9110 §13), and the conditions asked of the upstream.

use http::{HeaderMap, HeaderValue, header};

use super::time::Timestamp;

/// Whether a client with these conditions has the stored representation already.
pub(crate) fn is_not_modified(request: &HeaderMap, stored: &HeaderMap) -> bool {
    if request.contains_key(header::IF_NONE_MATCH) {
        let Some(tag) = stored.get(header::ETAG) else { return false };
        return request.get_all(header::IF_NONE_MATCH).iter().any(|line| names(line, tag));
    }
    let Some(since) = Timestamp::from_header(request, &header::IF_MODIFIED_SINCE) else { return false };
    // Without a modification date the time of its making is as good (RFC 9111 §4.3.2).
    let made = [header::LAST_MODIFIED, header::DATE].into_iter().find(|name| stored.contains_key(name));
    let modified = made.and_then(|name| Timestamp::from_header(stored, &name));
    modified.is_some_and(|modified| modified <= since)
}

/// Makes `request` ask whether the stored representation is still the one, instead of whatever the client asked.
pub(crate) fn ask_whether_still(request: &mut HeaderMap, stored: Option<&HeaderMap>) {
    for condition in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE, header::IF_RANGE, header::RANGE] {
        request.remove(condition);
    }
    let Some(stored) = stored else { return };
    if let Some(tag) = stored.get(header::ETAG) {
        request.insert(header::IF_NONE_MATCH, tag.clone());
    }
    if let Some(date) = stored.get(header::LAST_MODIFIED) {
        request.insert(header::IF_MODIFIED_SINCE, date.clone());
    }
}

/// Whether a 304 speaks of the stored representation: an entity tag it names has to be the stored one.
pub(crate) fn confirms(not_modified: &HeaderMap, stored: &HeaderMap) -> bool {
    match (not_modified.get(header::ETAG), stored.get(header::ETAG)) {
        (Some(named), Some(tag)) => is_same(named.as_bytes(), tag.as_bytes()),
        _ => true,
    }
}

/// Whether a line of `If-None-Match` is `*` or names the tag; the comparison is weak (RFC 9110 §13.1.2).
fn names(line: &HeaderValue, tag: &HeaderValue) -> bool {
    let (line, tag) = (line.as_bytes(), tag.as_bytes());
    line == tag || line == b"*" || tags(line).any(|candidate| is_same(candidate, tag))
}

fn is_same(one: &[u8], other: &[u8]) -> bool {
    opaque(one) == opaque(other)
}

fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

/// The members of a list of entity tags; a comma inside quotes belongs to its tag.
fn tags(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let between_commas = line.split(move |byte| {
        quoted ^= *byte == b'"';
        *byte == b',' && !quoted
    });
    between_commas.map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_client_that_names_the_tag_has_it() {
        for (asked, tag, has) in [
            ("\"4\"", "\"4\"", true),
            ("W/\"4\"", "\"4\"", true),
            ("\"4\"", "W/\"4\"", true),
            ("\"3\", \"4\"", "\"4\"", true),
            ("\"3,4\",\"5\"", "\"3,4\"", true),
            ("*", "\"4\"", true),
            ("\"3\"", "\"4\"", false),
            ("\"3,4\"", "\"4\"", false),
            ("4", "\"4\"", false),
            ("", "\"4\"", false),
        ] {
            let found = is_not_modified(&headers(&[("if-none-match", asked)]), &headers(&[("etag", tag)]));
            assert_eq!(found, has, "{asked} of {tag}");
        }
    }

    #[test]
    fn the_tag_goes_before_the_date() {
        let stored = headers(&[("etag", "\"4\""), ("last-modified", "Fri, 15 Jan 2027 07:00:00 GMT")]);
        let date = ("if-modified-since", "Fri, 15 Jan 2027 08:00:00 GMT");
        assert!(is_not_modified(&headers(&[date]), &stored));
        assert!(!is_not_modified(&headers(&[date, ("if-none-match", "\"3\"")]), &stored));
        assert!(!is_not_modified(&headers(&[("if-modified-since", "Fri, 15 Jan 2027 06:00:00 GMT")]), &stored));
        assert!(!is_not_modified(&headers(&[("if-modified-since", "yesterday")]), &stored));
        assert!(!is_not_modified(&HeaderMap::new(), &stored));
        let undated = headers(&[("date", "Fri, 15 Jan 2027 07:00:00 GMT")]);
        assert!(is_not_modified(&headers(&[date]), &undated));
    }

    #[test]
    fn the_upstream_is_asked_about_what_is_stored_not_what_the_client_has() {
        let mut request = headers(&[("if-none-match", "\"1\""), ("range", "bytes=0-1"), ("accept", "*/*")]);
        ask_whether_still(&mut request, Some(&headers(&[("etag", "\"4\"")])));
        assert_eq!(request, headers(&[("if-none-match", "\"4\""), ("accept", "*/*")]));
        ask_whether_still(&mut request, None);
        assert_eq!(request, headers(&[("accept", "*/*")]));
    }

    #[test]
    fn a_304_about_another_tag_confirms_nothing() {
        let stored = headers(&[("etag", "\"4\"")]);
        assert!(confirms(&headers(&[("etag", "W/\"4\"")]), &stored));
        assert!(confirms(&headers(&[]), &stored));
        assert!(!confirms(&headers(&[("etag", "\"5\"")]), &stored));
    }
}
