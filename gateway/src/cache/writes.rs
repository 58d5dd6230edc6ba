//! What a write makes invalid.

use std::sync::Arc;

use http::{HeaderMap, StatusCode, Uri, header};

use super::groups::invalidated_by;
use super::key::{Key, KeyRef};
use super::{Cache, Force, Purge};
use crate::target::Target;

impl Cache {
    /// Drops what the answer to an unsafe method makes invalid: its groups (RFC 9875 §3), and, when it succeeded, its own
    /// address and those it names on the same host (RFC 9111 §4.4), so far as `is_cached` says that GETs of their paths are
    /// stored at all. Afterwards no read through this gateway finds any of it, and soon none through another.
    pub(crate) async fn written(
        &self,
        key: &Key,
        status: StatusCode,
        headers: &HeaderMap,
        is_cached: impl Fn(&str) -> bool,
    ) {
        let groups = invalidated_by(headers).into_iter().map(|group| Purge::Group(Arc::from(group)));
        let mut purges: Vec<_> = groups.collect();
        if status.is_success() || status.is_redirection() {
            let named = [header::LOCATION, header::CONTENT_LOCATION].into_iter();
            let others = named.filter_map(|name| same_host(headers.get(name)?.to_str().ok()?, key.host()));
            let keys = others.chain([key.clone()]).filter(|key| is_cached(key.path()));
            purges.extend(keys.map(Purge::Key));
        }
        self.purge(purges, Force::Hard).await;
    }
}

fn same_host(location: &str, host: &str) -> Option<Key> {
    let uri: Uri = location.parse().ok()?;
    let target = Target::parse(&uri).ok()?;
    let is_here = uri.authority().is_none_or(|authority| authority.as_str().eq_ignore_ascii_case(host));
    is_here.then(|| KeyRef { host, path: &target.path, query: &target.query }.to_key())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_on_the_same_host_are_named() {
        let here = |path| Some(KeyRef { host: "lend.example", path, query: "" }.to_key());
        assert_eq!(same_host("/items/1", "lend.example"), here("/items/1"));
        assert_eq!(same_host("http://Lend.example/items/1", "lend.example"), here("/items/1"));
        assert_eq!(same_host("http://other.example/items/1", "lend.example"), None);
        assert_eq!(same_host("relative", "lend.example"), None);
    }
}
