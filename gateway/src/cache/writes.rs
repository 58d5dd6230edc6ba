//! What a write makes invalid.

use std::sync::Arc;

use http::{HeaderMap, StatusCode, Uri, header};

use super::groups::invalidated_by;
use super::key::{Key, KeyRef};
use super::{Cache, Purge};
use crate::target::Target;

impl Cache {
    /// Drops what the answer to an unsafe method makes invalid: its groups (RFC 9875 §3), and, when it succeeded, its own
    /// address and those it names on the same host (RFC 9111 §4.4). Afterwards no read finds any of it.
    pub(crate) fn written(&self, key: &Key, status: StatusCode, headers: &HeaderMap) {
        for group in invalidated_by(headers) {
            self.store.purge(Purge::Group(Arc::from(group)));
        }
        if status.is_success() || status.is_redirection() {
            let named = [header::LOCATION, header::CONTENT_LOCATION].into_iter();
            let others = named.filter_map(|name| same_host(headers.get(name)?.to_str().ok()?, key.host()));
            for key in others.chain([key.clone()]) {
                self.store.purge(Purge::Key(key));
            }
        }
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
