//! Compressed forms of stored bodies, made once and chosen by `Accept-Encoding` (RFC 9110 §12.5.3).
//!
//! Only what is stored is compressed: it is public and the same for everybody, so that its length betrays nobody's secret (the
//! BREACH attack). And only what has no strong entity tag, for such a tag names these very bytes (RFC 9110 §8.8.3.3).

use std::io::Write;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

/// Smaller bodies fit into one packet anyway, bytes.
const SMALLEST: usize = 1024;

/// Levels at which both coders keep up with a fast line.
const BROTLI_QUALITY: u32 = 5;
const GZIP_LEVEL: u32 = 6;

/// The base-2 logarithm of the window; the largest that every decoder has to know (RFC 7932 §9.1).
const BROTLI_WINDOW: u32 = 22;

/// The other forms of a body.
#[derive(Debug, Clone)]
pub(super) struct Coded {
    pub(super) brotli: Bytes,
    pub(super) gzip: Bytes,
}

impl Coded {
    /// Compresses a body with these headers on a thread where nobody waits for a turn; none where it must not be done or
    /// gains nothing.
    pub(super) async fn of(headers: &HeaderMap, body: &Bytes) -> Option<Self> {
        if body.len() < SMALLEST || !may_be_coded(headers) {
            return None;
        }
        let whole = body.clone();
        let coded =
            tokio::task::spawn_blocking(move || Self { brotli: brotli(&whole), gzip: gzip(&whole) }).await.ok()?;
        let most = body.len() / 10 * 9;
        let gains = |form: &Bytes| !form.is_empty() && form.len() < most;
        (gains(&coded.brotli) && gains(&coded.gzip)).then_some(coded)
    }

    /// The form that a request with these headers gets, with its name; none for the body as it is.
    pub(super) fn chosen_by(&self, request: &HeaderMap) -> Option<(HeaderValue, &Bytes)> {
        let (mut brotli, mut gzip) = (0.0, 0.0);
        for line in request.get_all(header::ACCEPT_ENCODING) {
            for member in line.to_str().unwrap_or_default().split(',') {
                let (coding, parameters) = member.split_once(';').unwrap_or((member, ""));
                let quality = parameters.trim().strip_prefix("q=").map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0));
                match coding.trim() {
                    name if name.eq_ignore_ascii_case("br") => brotli = quality,
                    name if name.eq_ignore_ascii_case("gzip") => gzip = quality,
                    _ => {}
                }
            }
        }
        if brotli > 0.0 && brotli >= gzip {
            Some((HeaderValue::from_static("br"), &self.brotli))
        } else if gzip > 0.0 {
            Some((HeaderValue::from_static("gzip"), &self.gzip))
        } else {
            None
        }
    }

    /// Bytes of memory it takes.
    pub(super) fn size(&self) -> usize {
        self.brotli.len() + self.gzip.len()
    }
}

/// Says that the answer depends on the codings a client takes.
pub(super) fn vary(headers: &mut HeaderMap) {
    let is_said = headers.get_all(header::VARY).iter().any(|line| {
        line.to_str().is_ok_and(|line| line.split(',').any(|name| name.trim().eq_ignore_ascii_case("accept-encoding")))
    });
    if !is_said {
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
}

/// Whether the headers of a body allow another form of it.
pub(super) fn may_be_coded(headers: &HeaderMap) -> bool {
    let is_strong = headers.get(header::ETAG).is_some_and(|tag| !tag.as_bytes().starts_with(b"W/"));
    let is_kept = headers.get_all(header::CACHE_CONTROL).iter().any(|line| {
        line.to_str().is_ok_and(|line| line.split(',').any(|word| word.trim().eq_ignore_ascii_case("no-transform")))
    });
    !is_strong && !is_kept && !headers.contains_key(header::CONTENT_ENCODING) && is_text(headers)
}

/// Whether the media type is one of text; pictures are compressed already.
fn is_text(headers: &HeaderMap) -> bool {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.starts_with("text/")
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
        || ["application/json", "application/javascript", "application/xml"].contains(&essence.as_str())
}

/// Empty when the coder fails, which writing to memory does not.
fn brotli(body: &[u8]) -> Bytes {
    let mut coded = Vec::with_capacity(body.len() / 4);
    let mut writer = brotli::CompressorWriter::new(&mut coded, 4096, BROTLI_QUALITY, BROTLI_WINDOW);
    let written = writer.write_all(body).and_then(|()| writer.flush());
    drop(writer);
    if written.is_ok() { coded.into() } else { Bytes::new() }
}

fn gzip(body: &[u8]) -> Bytes {
    let mut writer =
        flate2::write::GzEncoder::new(Vec::with_capacity(body.len() / 4), flate2::Compression::new(GZIP_LEVEL));
    writer.write_all(body).and_then(|()| writer.finish()).map(Bytes::from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;
    use std::io::Read;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    fn text() -> Bytes {
        Bytes::from("a ladder, a drill and a tent; ".repeat(100))
    }

    const JSON: (&str, &str) = ("content-type", "application/json");

    #[tokio::test]
    async fn both_forms_unfold_to_what_they_were_made_from() {
        let coded = Coded::of(&headers(&[JSON]), &text()).await.unwrap();
        assert!(coded.size() < text().len() / 4);
        let mut unfolded = Vec::new();
        brotli::Decompressor::new(&coded.brotli[..], 4096).read_to_end(&mut unfolded).unwrap();
        assert_eq!(unfolded, text());
        unfolded.clear();
        flate2::read::GzDecoder::new(&coded.gzip[..]).read_to_end(&mut unfolded).unwrap();
        assert_eq!(unfolded, text());
    }

    #[tokio::test]
    async fn what_must_stay_as_it_is_does() {
        for kept in [
            headers(&[JSON, ("etag", "\"strong\"")]),
            headers(&[JSON, ("content-encoding", "br")]),
            headers(&[JSON, ("cache-control", "max-age=1, No-Transform")]),
            headers(&[("content-type", "image/webp")]),
            headers(&[]),
        ] {
            assert!(Coded::of(&kept, &text()).await.is_none(), "{kept:?}");
        }
        assert!(Coded::of(&headers(&[JSON]), &text().slice(..1000)).await.is_none(), "it is small");
        assert!(Coded::of(&headers(&[JSON, ("etag", "W/\"weak\"")]), &text()).await.is_some());
        let mut state = 7_u64;
        let noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            state.to_be_bytes()[0]
        });
        let noise: Bytes = noise.take(4096).collect();
        assert!(Coded::of(&headers(&[JSON]), &noise).await.is_none(), "nothing is gained");
    }

    #[tokio::test]
    async fn the_client_chooses() {
        let coded = Coded::of(&headers(&[JSON]), &text()).await.unwrap();
        for (accepted, chosen) in [
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip", Some("gzip")),
            ("GZIP;q=0.5", Some("gzip")),
            ("br;q=0.5, gzip", Some("gzip")),
            ("br;q=0, gzip;q=0", None),
            ("br;q=nonsense", None),
            ("identity", None),
            ("", None),
        ] {
            let request = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
            let found = coded.chosen_by(&request).map(|(name, _)| name);
            assert_eq!(found.as_ref().map(|name| name.to_str().unwrap()), chosen, "{accepted}");
        }
        assert!(coded.chosen_by(&HeaderMap::new()).is_none());
    }

    #[test]
    fn the_dependence_is_said_once() {
        let mut said = headers(&[("vary", "Accept-Encoding, origin")]);
        vary(&mut said);
        assert_eq!(said.get_all("vary").iter().count(), 1);
        let mut unsaid = headers(&[("vary", "origin")]);
        vary(&mut unsaid);
        vary(&mut unsaid);
        assert_eq!(unsaid.get_all("vary").iter().count(), 2);
    }
}
