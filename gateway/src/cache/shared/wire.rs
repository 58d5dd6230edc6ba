//! Stored responses as bytes, so that another gateway can store them, too. What is read borrows from what was received.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use cache::Mark;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use prometheus_client::metrics::counter::Counter;

use super::super::coding::Coded;
use super::super::entry::Entry;
use super::super::freshness::Freshness;
use super::super::key::{Key, KeyRef};
use super::super::time::Timestamp;
use super::super::vary::Variant;

/// The form below. Another one is not read: part of every key, so that versions do not even meet.
pub(super) const VERSION: u8 = 2;

/// Bytes of everything but the bodies, about, to begin with.
const USUAL_HEADS: usize = 2048;

/// All that is stored under a key.
pub(super) fn write<'a>(key: &Key, entries: impl IntoIterator<Item = &'a Arc<Entry>>) -> Bytes {
    let entries: Vec<_> = entries.into_iter().collect();
    let bodies: usize = entries.iter().map(|entry| entry.body.len()).sum();
    let mut out = BytesMut::with_capacity(USUAL_HEADS + 2 * bodies);
    out.put_u8(VERSION);
    let KeyRef { host, path, query } = key.as_key_ref();
    for part in [host, path, query] {
        put(&mut out, part.as_bytes());
    }
    put_length(&mut out, entries.len());
    for entry in entries {
        write_entry(&mut out, entry);
    }
    out.freeze()
}

fn write_entry(out: &mut BytesMut, entry: &Entry) {
    out.put_u64(entry.stamp.millis);
    out.put_u64(entry.stamp.number);
    out.put_u16(entry.status.as_u16());
    write_freshness(out, &entry.freshness);
    out.put_u8(u8::from(entry.variant.over_tls));
    put_length(out, entry.variant.fields.len());
    for (name, value) in &entry.variant.fields {
        put(out, name.as_str().as_bytes());
        put_if(out, value.as_deref().map(str::as_bytes));
    }
    put_length(out, entry.groups.len());
    for group in &entry.groups {
        put(out, group.as_bytes());
    }
    put_length(out, entry.headers.len());
    for (name, value) in &entry.headers {
        put(out, name.as_str().as_bytes());
        put(out, value.as_bytes());
    }
    put_length(out, entry.targeted.len());
    for line in &entry.targeted {
        put(out, line.as_bytes());
    }
    put(out, &entry.body);
    put_if(out, entry.coded.as_ref().map(|coded| &coded.brotli[..]));
    put_if(out, entry.coded.as_ref().map(|coded| &coded.gzip[..]));
}

fn write_freshness(out: &mut BytesMut, freshness: &Freshness) {
    out.put_u64(freshness.received.as_millis());
    for time in [freshness.initial_age, freshness.lifetime, freshness.stale_while_revalidate, freshness.stale_if_error]
    {
        out.put_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    }
    out.put_u8(u8::from(freshness.must_revalidate));
}

fn put_length(out: &mut BytesMut, length: usize) {
    // No part is as long: whole values are refused far below.
    out.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
}

fn put(out: &mut BytesMut, bytes: &[u8]) {
    put_length(out, bytes.len());
    out.put_slice(bytes);
}

fn put_if(out: &mut BytesMut, bytes: Option<&[u8]>) {
    out.put_u8(u8::from(bytes.is_some()));
    if let Some(bytes) = bytes {
        put(out, bytes);
    }
}

/// What is stored under `key`, if these bytes say so. `answers` finds the counter for a status.
pub(super) fn read(bytes: Bytes, key: &Key, answers: impl Fn(StatusCode) -> Counter) -> Option<Vec<Entry>> {
    let mut from = Reader(bytes);
    if from.byte()? != VERSION {
        return None;
    }
    let KeyRef { host, path, query } = key.as_key_ref();
    for part in [host, path, query] {
        // The whole key is compared, whatever finds values: a wrong one would be somebody else's answer.
        if from.bytes()? != part.as_bytes() {
            return None;
        }
    }
    let entries = from.list(|from| read_entry(from, &answers))?;
    from.0.is_empty().then_some(entries)
}

fn read_entry(from: &mut Reader, answers: &impl Fn(StatusCode) -> Counter) -> Option<Entry> {
    let stamp = Mark { millis: from.number()?, number: from.number()? };
    let status = StatusCode::from_u16(from.0.try_get_u16().ok()?).ok()?;
    let freshness = read_freshness(from)?;
    let over_tls = from.byte()? == 1;
    let fields = from.list(|from| Some((from.name()?, from.optional(Reader::text)?)))?;
    let groups = from.list(|from| from.text().map(Arc::from))?;
    let lines = from.list(|from| Some((from.name()?, from.value()?)))?;
    let targeted = from.list(Reader::value)?;
    let body = from.bytes()?;
    let coded = match (from.optional(Reader::bytes)?, from.optional(Reader::bytes)?) {
        (Some(brotli), Some(gzip)) => Some(Coded { brotli, gzip }),
        _ => None,
    };
    let mut headers = HeaderMap::with_capacity(lines.len());
    for (name, value) in lines {
        headers.append(name, value);
    }
    Some(Entry {
        status,
        headers,
        body,
        freshness,
        variant: Variant { over_tls, fields: fields.into() },
        groups: groups.into(),
        coded,
        targeted,
        answers: answers(status),
        stamp,
        since: Timestamp::default(),
    })
}

fn read_freshness(from: &mut Reader) -> Option<Freshness> {
    Some(Freshness {
        received: Timestamp::from_millis(from.number()?),
        initial_age: from.time()?,
        lifetime: from.time()?,
        stale_while_revalidate: from.time()?,
        stale_if_error: from.time()?,
        must_revalidate: from.byte()? == 1,
    })
}

/// Takes parts off the front; none once something is not as it should be.
struct Reader(Bytes);

impl Reader {
    fn byte(&mut self) -> Option<u8> {
        self.0.try_get_u8().ok()
    }

    fn number(&mut self) -> Option<u64> {
        self.0.try_get_u64().ok()
    }

    fn time(&mut self) -> Option<Duration> {
        self.number().map(Duration::from_millis)
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(self.0.try_get_u32().ok()?).ok()
    }

    fn bytes(&mut self) -> Option<Bytes> {
        let length = self.length()?;
        (length <= self.0.len()).then(|| self.0.split_to(length))
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.into()).ok()
    }

    fn name(&mut self) -> Option<HeaderName> {
        HeaderName::from_bytes(&self.bytes()?).ok()
    }

    fn value(&mut self) -> Option<HeaderValue> {
        HeaderValue::from_maybe_shared(self.bytes()?).ok()
    }

    #[expect(clippy::option_option, reason = "what cannot be read is another thing than what is not there")]
    fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        if self.byte()? == 1 { read(self).map(Some) } else { Some(None) }
    }

    fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let length = self.length()?;
        // Nothing is set aside for what is only announced.
        let mut items = Vec::new();
        for _ in 0..length {
            items.push(read(self)?);
        }
        Some(items)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::directives::ResponseDirectives;
    use super::*;
    use http::header;
    use proptest::prelude::*;

    fn key(path: &str) -> Key {
        KeyRef { host: "h", path, query: "a=1" }.to_key()
    }

    fn entry(language: Option<&str>, coded: bool) -> Entry {
        let now = Timestamp::from_secs(1_800_000_000);
        let headers = HeaderMap::from_iter([
            (header::CONTENT_TYPE, HeaderValue::from_static("text/plain")),
            (header::CACHE_CONTROL, HeaderValue::from_static("max-age=60, stale-if-error=9")),
            (super::super::super::directives::CDN_CACHE_CONTROL, HeaderValue::from_static("max-age=70")),
        ]);
        let directives = ResponseDirectives::of(&headers);
        let freshness =
            Freshness::new(&directives, Duration::from_secs(60), &headers, now, Duration::from_secs(1), 0.0);
        let request = language.map(|l| (header::ACCEPT_LANGUAGE, HeaderValue::from_str(l).unwrap()));
        let vary = HeaderMap::from_iter([(header::VARY, HeaderValue::from_static("accept-language"))]);
        let variant = Variant::of(&vary, &request.into_iter().collect(), true).unwrap();
        let groups = [Arc::from("items"), Arc::from("item:1")].into();
        let body = Bytes::from("a ladder");
        let mut entry = Entry::new(StatusCode::OK, headers, body, freshness, (variant, groups), Counter::default());
        entry.coded = coded.then(|| Coded { brotli: Bytes::from("b"), gzip: Bytes::from("g") });
        entry.stamp = Mark { millis: 5, number: 6 };
        entry
    }

    fn again(bytes: Bytes, key: &Key) -> Option<Vec<Entry>> {
        read(bytes, key, |_| Counter::default())
    }

    #[test]
    fn a_response_is_read_as_it_was_written() {
        let entries = [Arc::new(entry(Some("en"), true)), Arc::new(entry(None, false))];
        let read = again(write(&key("/a"), &entries), &key("/a")).unwrap();
        assert_eq!(read.len(), 2);
        for (read, written) in read.iter().zip(&entries) {
            assert_eq!((&read.headers, &read.body, read.status), (&written.headers, &written.body, written.status));
            assert_eq!((&read.freshness, &read.variant), (&written.freshness, &written.variant));
            assert_eq!((&read.groups, &read.targeted, read.stamp), (&written.groups, &written.targeted, written.stamp));
            assert_eq!(read.coded.as_ref().map(Coded::size), written.coded.as_ref().map(Coded::size));
        }
    }

    #[test]
    fn a_value_of_another_key_is_none() {
        let bytes = write(&key("/a"), &[Arc::new(entry(None, false))]);
        assert!(again(bytes.clone(), &key("/b")).is_none());
        assert!(again(bytes.slice(..bytes.len() - 1), &key("/a")).is_none(), "it is cut off");
        let longer: Bytes = [&bytes[..], b"x"].concat().into();
        assert!(again(longer, &key("/a")).is_none());
    }

    proptest! {
        #[test]
        fn nothing_makes_the_reader_panic(at in 0usize..600, bytes in prop::collection::vec(any::<u8>(), 0..8)) {
            let mut damaged = write(&key("/a"), &[Arc::new(entry(Some("en"), true))]).to_vec();
            let at = at.min(damaged.len());
            let end = (at + bytes.len()).min(damaged.len());
            damaged.splice(at..end, bytes);
            let _read = again(damaged.into(), &key("/a"));
        }
    }
}
