//! Cache groups (RFC 9875): names under which stored responses are dropped together.

use std::collections::BTreeSet;
use std::sync::Arc;

use http::{HeaderMap, HeaderName};

use super::structured::strings;

/// Names the groups a response belongs to (§2).
pub(crate) const CACHE_GROUPS: HeaderName = HeaderName::from_static("cache-groups");

/// Names the groups that a response to an unsafe method makes invalid (§3).
pub(crate) const CACHE_GROUP_INVALIDATION: HeaderName = HeaderName::from_static("cache-group-invalidation");

/// A response in more groups than this is not stored: each has to be found again at every purge.
const MOST_GROUPS: usize = 256;

/// Longer names are refused, bytes.
const LONGEST_NAME: usize = 128;

/// The groups of a response are malformed or too many. It must not be stored: nobody could purge it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnusableGroups;

/// The groups a response belongs to, each once.
///
/// # Errors
/// When they cannot be read or are too many.
pub(crate) fn groups_of(response: &HeaderMap) -> Result<Box<[Arc<str>]>, UnusableGroups> {
    let names = read(response, &CACHE_GROUPS).ok_or(UnusableGroups)?;
    let fits = names.len() <= MOST_GROUPS && names.iter().all(|name| name.len() <= LONGEST_NAME);
    if fits { Ok(names.into_iter().map(Arc::from).collect()) } else { Err(UnusableGroups) }
}

/// The groups a response makes invalid. RFC 9875 §3 gives the field a meaning only in responses to unsafe methods, which
/// is for the caller to know.
pub(crate) fn invalidated_by(response: &HeaderMap) -> BTreeSet<String> {
    read(response, &CACHE_GROUP_INVALIDATION).unwrap_or_else(|| {
        tracing::warn!(field = %CACHE_GROUP_INVALIDATION, "an upstream sent a malformed list of groups");
        BTreeSet::new()
    })
}

fn read(headers: &HeaderMap, field: &HeaderName) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for line in headers.get_all(field) {
        names.extend(strings(line.to_str().ok()?)?);
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(CACHE_GROUPS, HeaderValue::from_str(line).unwrap());
            headers.append(CACHE_GROUP_INVALIDATION, HeaderValue::from_str(line).unwrap());
        }
        headers
    }

    #[test]
    fn groups_may_stand_on_several_lines() {
        let lines = headers(&["\"items\", \"item:1\"", "\"items\""]);
        let groups = groups_of(&lines).unwrap();
        assert_eq!(groups.iter().map(|group| &**group).collect::<Vec<_>>(), ["item:1", "items"]);
        assert_eq!(invalidated_by(&lines).len(), 2);
        assert_eq!(groups_of(&HeaderMap::new()).unwrap().len(), 0);
    }

    #[test]
    fn a_response_whose_groups_cannot_be_kept_is_not_stored() {
        let many = (0..300).map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(", ");
        let long = format!("\"{}\"", "x".repeat(200));
        for line in ["items;;", "\"items", &many, &long] {
            assert_eq!(groups_of(&headers(&[line])), Err(UnusableGroups), "{line}");
        }
    }
}
