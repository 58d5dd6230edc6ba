use std::cmp::Reverse;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use cache::Mark;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use prometheus_client::metrics::counter::Counter;

use super::coding::{Coded, vary};
use super::directives::CDN_CACHE_CONTROL;
use super::freshness::Freshness;
use super::status::CACHE_STATUS;
use super::time::Timestamp;
use super::vary::Variant;
use crate::edge::NOSNIFF;
use crate::ids::{TRACEPARENT, X_REQUEST_ID};

/// What an entry takes besides its texts: maps, reference counts, its places in the indexes.
const OVERHEAD_BYTES: usize = 1024;

/// What one header takes in its map besides its texts.
const HEADER_BYTES: usize = 128;

/// What one group takes besides its name: the name's own allocation, and its place in the books with a copy of the address.
const GROUP_BYTES: usize = 256;

/// One stored response, ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) status: StatusCode,
    /// With a place for each header that every answer sets, so that a copy never grows.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) freshness: Freshness,
    pub(crate) variant: Variant,
    pub(crate) groups: Box<[Arc<str>]>,
    /// Compressed forms of the body.
    pub(super) coded: Option<Coded>,
    /// The lines of `CDN-Cache-Control`, which clients do not see but a later confirmation may leave out.
    pub(super) targeted: Vec<HeaderValue>,
    /// Counts answers of its route with its status.
    pub(crate) answers: Counter,
    /// Up to which note of all gateways' purges it is known to be as new as can be.
    pub(super) stamp: Mark,
    /// When it came into this process.
    pub(super) since: Timestamp,
}

impl Entry {
    /// `headers` are those of the upstream without hop-by-hop fields.
    pub(crate) fn new(
        status: StatusCode,
        mut headers: HeaderMap,
        body: Bytes,
        freshness: Freshness,
        (variant, groups): (Variant, Box<[Arc<str>]>),
        answers: Counter,
    ) -> Self {
        let lines = headers.get_all(CDN_CACHE_CONTROL).iter();
        let targeted = lines.filter_map(|line| HeaderValue::from_bytes(line.as_bytes()).ok()).collect();
        headers.remove(CDN_CACHE_CONTROL);
        let empty = HeaderValue::from_static("");
        for name in [header::AGE, CACHE_STATUS, X_REQUEST_ID, TRACEPARENT] {
            headers.insert(name, empty.clone());
        }
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
        compact(&mut headers);
        let (stamp, since) = (Mark::default(), Timestamp::default());
        Self { status, headers, body, freshness, variant, groups, coded: None, targeted, answers, stamp, since }
    }

    /// The same with compressed forms of its body, on which its answers then depend.
    pub(super) fn with_forms(mut self, coded: Option<Coded>) -> Self {
        if coded.is_some() {
            vary(&mut self.headers);
        }
        Self { coded, ..self }
    }

    /// The same as something that was asked for when the notes were read to `stamp`, and is here since now.
    pub(super) fn known_from(self, stamp: Mark, since: Timestamp) -> Self {
        Self { stamp, since, ..self }
    }

    /// The headers as a 304 with these leaves them: its fields replace the stored ones (RFC 9111 §3.2).
    pub(crate) fn updated_by(&self, not_modified: &HeaderMap) -> HeaderMap {
        let mut headers = self.headers.clone();
        // The age it came with is part of its freshness already; a confirmation starts it anew.
        headers.remove(header::AGE);
        headers.extend(self.targeted.iter().map(|line| (CDN_CACHE_CONTROL, line.clone())));
        for name in not_modified.keys().filter(|name| !OF_THE_BODY.contains(name)) {
            headers.remove(name);
            for value in not_modified.get_all(name) {
                headers.append(name, value.clone());
            }
        }
        headers
    }

    /// Bytes of memory it takes, about.
    pub(crate) fn size(&self) -> usize {
        let headers: usize =
            self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + HEADER_BYTES).sum();
        let targeted: usize = self.targeted.iter().map(|line| line.len() + HEADER_BYTES).sum();
        let groups: usize = self.groups.iter().map(|group| group.len() + GROUP_BYTES).sum();
        let coded = self.coded.as_ref().map_or(0, Coded::size);
        self.body.len() + coded + headers + targeted + self.variant.size() + groups + OVERHEAD_BYTES
    }
}

/// The first of them, no more than `most` for clients of each scheme: neither displaces what the other is told.
fn up_to(most: usize, entries: impl IntoIterator<Item = Arc<Entry>>) -> Arc<[Arc<Entry>]> {
    let mut kept = [0; 2];
    let has_room = |entry: &Arc<Entry>| {
        let kept = &mut kept[usize::from(entry.variant.over_tls)];
        *kept += 1;
        *kept <= most
    };
    entries.into_iter().filter(has_room).collect()
}

/// Moves all values into one piece of memory of their own. As they come from the connection, each keeps the whole buffer
/// alive that it was read into.
fn compact(headers: &mut HeaderMap) {
    let mut together = BytesMut::with_capacity(headers.values().map(HeaderValue::len).sum());
    for value in headers.values() {
        together.extend_from_slice(value.as_bytes());
    }
    let mut together = together.freeze();
    for value in headers.values_mut() {
        let own = together.split_to(value.len());
        // What was a value is one.
        if let Ok(own) = HeaderValue::from_maybe_shared(own) {
            *value = own;
        }
    }
}

/// What a 304 has no say in: it describes the stored bytes.
const OF_THE_BODY: [http::HeaderName; 5] = [
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::CONTENT_TYPE,
    header::CONTENT_RANGE,
    header::TRANSFER_ENCODING,
];

/// All stored responses to one address: one, or a few that differ by `Vary`.
#[derive(Debug, Clone)]
pub(crate) struct Variants {
    entries: Arc<[Arc<Entry>]>,
    size: usize,
}

impl Variants {
    /// These, the newest first and no more than `most` for clients of each scheme; none if there are none.
    pub(super) fn of(entries: Vec<Arc<Entry>>, most: usize) -> Option<Self> {
        let entries = up_to(most, entries);
        let size = entries.iter().map(|entry| entry.size()).sum();
        (!entries.is_empty()).then_some(Self { entries, size })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.iter()
    }

    /// The one that a request with these headers chooses, the newest first.
    pub(crate) fn chosen_by(&self, request: &HeaderMap, over_tls: bool) -> Option<&Arc<Entry>> {
        self.entries.iter().find(|entry| entry.variant.is_chosen_by(request, over_tls))
    }

    /// `entry` and those of the `known` that it does not replace, no more than `most` for clients of each scheme. It replaces
    /// the variant that it `was`, too.
    pub(crate) fn with(known: Option<&Self>, entry: &Arc<Entry>, was: Option<&Variant>, most: usize) -> Self {
        let is_replaced = |other: &Entry| other.variant == entry.variant || was == Some(&other.variant);
        let others = known.iter().flat_map(|known| known.entries.iter()).filter(|other| !is_replaced(other));
        let entries = up_to(most, std::iter::once(entry).chain(others).cloned());
        let size = entries.iter().map(|entry| entry.size()).sum();
        Self { entries, size }
    }

    /// These and the `known`, of each variant the one that was received last, no more than `most` for clients of each scheme.
    pub(super) fn beside(&self, known: Option<&Self>, most: usize) -> Self {
        let mut all: Vec<_> = self.iter().chain(known.iter().flat_map(|known| known.iter())).cloned().collect();
        all.sort_by_key(|entry| Reverse(entry.freshness.received));
        let mut newest: Vec<Arc<Entry>> = Vec::new();
        for entry in all {
            if newest.iter().all(|newer| newer.variant != entry.variant) {
                newest.push(entry);
            }
        }
        let entries = up_to(most, newest);
        let size = entries.iter().map(|entry| entry.size()).sum();
        Self { entries, size }
    }

    /// The same, stale from `now` on.
    pub(crate) fn expired(&self, now: Timestamp) -> Self {
        let expired =
            |entry: &Arc<Entry>| Arc::new(Entry { freshness: entry.freshness.ended(now), ..(**entry).clone() });
        Self { entries: self.entries.iter().map(expired).collect(), size: self.size }
    }

    pub(crate) fn groups(&self) -> impl Iterator<Item = &Arc<str>> {
        self.entries.iter().flat_map(|entry| &entry.groups)
    }

    /// Bytes of memory they take, about.
    pub(crate) fn size(&self) -> usize {
        self.size
    }
}
