use ::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use problem::{Kind, Problem};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::db::idempotency::StoredAnswer;
use crate::http::precondition::etag_counting;

const CACHE_GROUPS: HeaderName = HeaderName::from_static("cache-groups");
const CACHE_GROUP_INVALIDATION: &str = "cache-group-invalidation";
const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");
const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// How caches may keep a representation.
///
/// The gateway keeps public ones and drops them when a write names one of their groups (RFC 9875). Browsers ask every time,
/// because nobody can tell them of a write; the answer to their `If-None-Match` is a short 304.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheRule {
    /// For one person; no cache keeps it.
    Private,
    /// For everybody.
    Public {
        /// The names under which a write drops it.
        groups: Vec<String>,
        /// Seconds for which the gateway calls it fresh, should the message of a write be lost.
        fresh_seconds: u32,
    },
    /// For everybody and never another one: the address changes with the content.
    Immutable,
}

/// An answer to a GET: JSON with a validator and a rule for caches.
#[derive(Debug)]
pub struct Represented<T> {
    body: T,
    version: Option<i64>,
    count: u64,
    modified: Option<DateTime<Utc>>,
    cache: CacheRule,
}

impl<T: Serialize> Represented<T> {
    /// A representation whose validator is made from its bytes.
    pub fn new(body: T, cache: CacheRule) -> Self {
        Self { body, version: None, count: 0, modified: None, cache }
    }

    /// Takes the version as the validator, the same that `If-Match` names.
    #[must_use]
    pub fn version(self, version: i64) -> Self {
        Self { version: Some(version), ..self }
    }

    /// Makes the validator differ for each count of what comes and goes without a new version.
    #[must_use]
    pub fn counting(self, count: u64) -> Self {
        Self { count, ..self }
    }

    /// Says when it last changed.
    #[must_use]
    pub fn modified(self, at: DateTime<Utc>) -> Self {
        Self { modified: Some(at), ..self }
    }
}

impl<T: Serialize> IntoResponse for Represented<T> {
    fn into_response(self) -> Response {
        let Ok(bytes) = serde_json::to_vec(&self.body) else {
            return Problem::new(Kind::Internal).into_response();
        };
        let validator = self.version.map_or_else(|| etag_of(&bytes), |version| etag_counting(version, self.count));
        let mut response = Response::new(bytes.into());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::ETAG, validator);
        if let Some(at) = self.modified {
            headers.insert(header::LAST_MODIFIED, text(&at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()));
        }
        match self.cache {
            CacheRule::Private => {
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
            }
            CacheRule::Public { groups, fresh_seconds } => {
                let kept = format!("max-age={fresh_seconds}, stale-while-revalidate=10, stale-if-error=86400");
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
                headers.insert(CDN_CACHE_CONTROL, text(&kept));
                headers.insert(CACHE_GROUPS, text(&string_list(&groups)));
            }
            CacheRule::Immutable => {
                let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
                headers.insert(header::CACHE_CONTROL, forever);
            }
        }
        response
    }
}

/// An answer to a write. It can be stored and given again for the same `Idempotency-Key`.
#[derive(Debug)]
pub struct Written {
    answer: StoredAnswer,
    replayed: bool,
}

impl Written {
    /// 201 with where the new thing is.
    pub fn created(location: &str, body: &impl Serialize) -> Self {
        Self::with_json(StatusCode::CREATED, body).with("location", location)
    }

    /// 200 with the thing as it is now.
    pub fn changed(body: &impl Serialize) -> Self {
        Self::with_json(StatusCode::OK, body)
    }

    /// 204.
    pub fn done() -> Self {
        let answer = StoredAnswer { status: StatusCode::NO_CONTENT.as_u16(), headers: Vec::new(), body: Vec::new() };
        Self { answer, replayed: false }
    }

    /// The same answer as the first time, marked so.
    pub fn replayed(answer: StoredAnswer) -> Self {
        Self { answer, replayed: true }
    }

    /// Adds the version as `ETag`.
    #[must_use]
    pub fn version(self, version: i64) -> Self {
        self.with("etag", &format!("\"{version}\""))
    }

    /// Names the cache groups whose representations this write has made stale (RFC 9875 §3).
    #[must_use]
    pub fn invalidates(self, groups: &[String]) -> Self {
        self.with(CACHE_GROUP_INVALIDATION, &string_list(groups))
    }

    /// What is stored beside an idempotency key.
    pub fn answer(&self) -> &StoredAnswer {
        &self.answer
    }

    fn with_json(status: StatusCode, body: &impl Serialize) -> Self {
        let mut answer = StoredAnswer {
            status: status.as_u16(),
            headers: Vec::new(),
            // Our own response types always have a JSON form.
            body: serde_json::to_vec(body).unwrap_or_default(),
        };
        answer.headers.push(("content-type".to_owned(), "application/json".to_owned()));
        Self { answer, replayed: false }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.answer.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl IntoResponse for Written {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.answer.body.into());
        *response.status_mut() = StatusCode::from_u16(self.answer.status).unwrap_or(StatusCode::OK);
        let pairs = self.answer.headers.iter();
        let known = pairs.filter_map(|(name, value)| Some((HeaderName::try_from(name).ok()?, text(value))));
        response.headers_mut().extend(known);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.replayed {
            response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// A structured-field list of strings (RFC 9651 §3.1).
fn string_list(items: &[String]) -> String {
    let quoted: Vec<_> =
        items.iter().map(|item| format!("\"{}\"", item.replace('\\', "\\\\").replace('"', "\\\""))).collect();
    quoted.join(", ")
}

/// Weak, so that the gateway may compress what has no version: no precondition ever names it.
fn etag_of(bytes: &[u8]) -> HeaderValue {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    text(&format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..12])))
}

fn text(value: &str) -> HeaderValue {
    HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_representation_names_its_groups_and_a_validator() {
        let rule = CacheRule::Public { groups: vec!["items".to_owned(), "item:7".to_owned()], fresh_seconds: 60 };
        let response = Represented::new([1, 2], rule).into_response();
        assert_eq!(response.headers()["cache-groups"], "\"items\", \"item:7\"");
        assert_eq!(response.headers()["cache-control"], "public, no-cache");
        assert!(response.headers()["cdn-cache-control"].to_str().unwrap().starts_with("max-age=60"));
        assert!(response.headers().contains_key("etag"));
    }

    #[test]
    fn a_replayed_write_is_the_first_answer_with_a_mark() {
        let first = Written::created("/api/v1/items/1", &"body").version(1).invalidates(&["items".to_owned()]);
        let again = Written::replayed(first.answer().clone()).into_response();
        assert_eq!(again.status(), StatusCode::CREATED);
        assert_eq!(again.headers()["idempotent-replayed"], "true");
        assert_eq!(again.headers()["cache-group-invalidation"], "\"items\"");
        assert_eq!(again.headers()["etag"], "\"1\"");
    }
}
