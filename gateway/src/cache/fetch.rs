//! One fetch for the cache: ask the upstream, whether the stored response still holds if there is one, and store what may
//! be stored.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use cache::Mark;
use http::{HeaderMap, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Body as HttpBody;
use peer::{BodyError, CallContext, PeerError, RequestBody, ResponseBody};
use tokio::time::{Instant, timeout_at};

use super::coding::{Coded, may_be_coded};
use super::conditional::{ask_whether_still, confirms};
use super::entry::Entry;
use super::freshness::Freshness;
use super::groups::groups_of;
use super::policy::{Arrival, NotStored, is_failure, storable};
use super::serve::Ask;
use super::store::Begun;
use super::vary::Variant;
use super::{Cache, Force, Purge};
use crate::body::Body;
use crate::proxy::{Failure, Forwarded, forward, log};

/// A failed upstream's answer is kept for all who wait only if it is this small, bytes: problems are.
const FAILURE_BYTES: u64 = 64 * 1024;

/// What a fetch brought.
#[derive(Debug)]
pub(super) enum Fetched {
    /// A response that may be used for everybody it was chosen for.
    Entry(Found),
    /// A failure that may be told to everybody.
    Failed(Arc<Failure>),
    /// A response for whoever asked, and nobody else.
    Passing(Box<Response<Body>>),
}

/// What those who wait for a fetch of somebody else learn of it.
#[derive(Debug, Clone)]
pub(super) enum Landing {
    Entry(Found),
    Failed(Arc<Failure>),
    /// It was for one alone.
    NotShared,
}

#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) entry: Arc<Entry>,
    pub(super) source: Source,
}

/// Where a response was found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source {
    /// The upstream answered so.
    Upstream { status: StatusCode, stored: bool },
    /// Another gateway had stored it for all.
    Shared,
}

impl Fetched {
    pub(super) fn landing(&self) -> Landing {
        match self {
            Self::Entry(found) if found.entry.freshness.is_shareable() => Landing::Entry(found.clone()),
            Self::Failed(failure) if failure.is_for_all() => Landing::Failed(Arc::clone(failure)),
            Self::Entry(_) | Self::Failed(_) | Self::Passing(_) => Landing::NotShared,
        }
    }
}

impl Cache {
    /// `known` is a stored response that the upstream is asked to confirm.
    pub(super) async fn fetch(&self, ask: &Ask, known: Option<&Arc<Entry>>, context: &CallContext) -> Fetched {
        let stamp = self.shared.as_ref().map(|shared| shared.stamp()).unwrap_or_default();
        let begun = self.store.begin();
        let fetch = Fetch { cache: self, ask, begun, stamp, asked: Instant::now(), deadline: context.deadline() };
        match fetch.send(known, context).await {
            Err(error) => fetch.failed(error),
            Ok(response) => fetch.received(response, known, context).await,
        }
    }
}

struct Fetch<'a> {
    cache: &'a Cache,
    ask: &'a Ask,
    begun: Begun,
    /// Up to where the notes of other gateways' purges were read before the upstream was asked.
    stamp: Mark,
    asked: Instant,
    deadline: Instant,
}

/// A body read as far as it may be kept.
enum Read {
    Whole(Bytes),
    /// Too much, or too slow: what was read, and the rest.
    Part {
        ahead: Bytes,
        rest: ResponseBody,
        is_too_much: bool,
    },
    Broken(BodyError),
}

impl Fetch<'_> {
    async fn send(
        &self,
        known: Option<&Arc<Entry>>,
        context: &CallContext,
    ) -> Result<Response<ResponseBody>, PeerError> {
        let mut headers = self.ask.headers.clone();
        ask_whether_still(&mut headers, known.map(|entry| &entry.headers));
        let forwarded = Forwarded { method: http::Method::GET, uri: self.ask.uri.clone(), headers };
        forward(&self.ask.route, forwarded, RequestBody::empty(), context).await
    }

    async fn received(
        &self,
        response: Response<ResponseBody>,
        known: Option<&Arc<Entry>>,
        context: &CallContext,
    ) -> Fetched {
        match known {
            Some(known) if response.status() == StatusCode::NOT_MODIFIED => {
                if confirms(response.headers(), &known.headers) {
                    return self.confirmed(known, response.headers());
                }
                // It speaks of another representation, so nothing stored answers this: ask without conditions.
                match self.send(None, context).await {
                    Ok(response) => self.fresh(response).await,
                    Err(error) => self.failed(error),
                }
            }
            _ => self.fresh(response).await,
        }
    }

    /// The stored response holds, with the headers of the 304. It answers those who wait even if it must not be kept.
    fn confirmed(&self, known: &Arc<Entry>, not_modified: &HeaderMap) -> Fetched {
        let headers = known.updated_by(not_modified);
        // One that says anew what the response depends on is right (RFC 9111 §3.2); the stored `Vary` may say more than the
        // upstream did.
        let variant = if not_modified.contains_key(header::VARY) {
            Variant::of(not_modified, &self.ask.headers, self.ask.over_tls)
        } else {
            Ok(known.variant.clone())
        };
        let decided = (self.decide(known.status, &headers), groups_of(&headers), variant);
        let (Ok(freshness), Ok(groups), Ok(variant)) = decided else {
            self.cache.purge_here(Purge::Key(self.ask.key.clone()), Force::Hard);
            let source = Source::Upstream { status: StatusCode::NOT_MODIFIED, stored: false };
            return Fetched::Entry(Found { entry: Arc::clone(known), source });
        };
        let kept = (variant, groups);
        let coded = known.coded.clone().filter(|_| may_be_coded(&headers));
        let entry = Entry::new(known.status, headers, known.body.clone(), freshness, kept, known.answers.clone());
        self.keep(entry.with_forms(coded), StatusCode::NOT_MODIFIED, Some(&known.variant))
    }

    async fn fresh(&self, response: Response<ResponseBody>) -> Fetched {
        let (parts, body) = response.into_parts();
        let variant = Variant::of(&parts.headers, &self.ask.headers, self.ask.over_tls);
        let variant = variant.map_err(|_| NotStored::Forbidden("vary"));
        let groups = groups_of(&parts.headers).map_err(|_| NotStored::Forbidden("groups"));
        let decided = self.decide(parts.status, &parts.headers);
        match (decided, variant, groups) {
            (Ok(freshness), Ok(variant), Ok(groups)) => {
                match read(body, self.cache.settings.entry_bytes, self.deadline).await {
                    Read::Whole(body) => {
                        let answers = self.cache.metrics.answers(&self.ask.route.template, parts.status);
                        let kept = (variant, groups);
                        let coded = Coded::of(&parts.headers, &body).await;
                        let entry = Entry::new(parts.status, parts.headers, body, freshness, kept, answers);
                        self.keep(entry.with_forms(coded), parts.status, None)
                    }
                    Read::Part { ahead, rest, is_too_much } => {
                        if is_too_much {
                            self.cache.uncacheable.note(&self.ask.key, self.cache.now());
                        }
                        Fetched::Passing(Box::new(Response::from_parts(parts, Body::stream(ahead, rest))))
                    }
                    Read::Broken(error) => self.failed(broken(error)),
                }
            }
            (Err(NotStored::Failure), ..) if is_failure(parts.status) => self.failure(parts, body).await,
            _ => {
                self.cache.uncacheable.note(&self.ask.key, self.cache.now());
                Fetched::Passing(Box::new(Response::from_parts(parts, Body::stream(Bytes::new(), body))))
            }
        }
    }

    async fn failure(&self, parts: http::response::Parts, body: ResponseBody) -> Fetched {
        match read(body, FAILURE_BYTES, self.deadline).await {
            Read::Whole(body) => {
                let answer = Failure::Answer { status: parts.status, headers: parts.headers, body };
                Fetched::Failed(Arc::new(answer))
            }
            Read::Part { ahead, rest, .. } => {
                Fetched::Passing(Box::new(Response::from_parts(parts, Body::stream(ahead, rest))))
            }
            Read::Broken(error) => self.failed(broken(error)),
        }
    }

    fn failed(&self, error: PeerError) -> Fetched {
        log(&error, self.ask.route.peer.name());
        Fetched::Failed(Arc::new(Failure::Peer(error)))
    }

    fn decide(&self, status: StatusCode, headers: &HeaderMap) -> Result<Freshness, NotStored> {
        // Only cached routes get here.
        let rules = &self.ask.route.cached.as_ref().ok_or(NotStored::Forbidden("route"))?.rules;
        let (received, delay) = (self.cache.now(), whole_seconds(self.asked.elapsed()));
        storable(&Arrival { status, headers, received, delay, jitter: self.cache.jitter() }, rules)
    }

    /// Stores it, in place of the variant that it was until now, too.
    fn keep(&self, entry: Entry, status: StatusCode, was: Option<&Variant>) -> Fetched {
        let entry = Arc::new(entry.known_from(self.stamp, self.cache.now()));
        let stored = self.begun.put(&self.ask.key, &entry, was);
        if stored {
            self.cache.lend(&self.ask.key);
        }
        Fetched::Entry(Found { entry, source: Source::Upstream { status, stored } })
    }
}

/// Ages are told in whole seconds, so that a quick answer is as young as it says.
fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs())
}

async fn read(mut body: ResponseBody, most: u64, deadline: Instant) -> Read {
    let announced = body.size_hint().lower();
    if announced > most {
        return Read::Part { ahead: Bytes::new(), rest: body, is_too_much: true };
    }
    let mut whole = BytesMut::with_capacity(usize::try_from(announced).unwrap_or(0));
    let is_too_much = |length: usize| u64::try_from(length).is_ok_and(|length| length > most);
    loop {
        let Ok(frame) = timeout_at(deadline, body.frame()).await else {
            return Read::Part { ahead: whole.freeze(), rest: body, is_too_much: false };
        };
        match frame {
            None => return Read::Whole(fitted(whole)),
            Some(Err(error)) => return Read::Broken(error),
            Some(Ok(frame)) => whole.extend_from_slice(frame.data_ref().map_or(&[], |data| &data[..])),
        }
        if is_too_much(whole.len()) {
            return Read::Part { ahead: whole.freeze(), rest: body, is_too_much: true };
        }
    }
}

/// The bytes in no more memory than they need: growing leaves up to as much again.
fn fitted(whole: BytesMut) -> Bytes {
    let is_wasteful = whole.capacity() - whole.len() > whole.len() / 8;
    if is_wasteful { Bytes::copy_from_slice(&whole) } else { whole.freeze() }
}

fn broken(error: BodyError) -> PeerError {
    match error {
        BodyError::Stalled { peer, idle } => PeerError::Timeout { peer, after: idle },
        BodyError::Broken { peer, source } => PeerError::Broken { peer, source: Box::new(source) },
    }
}
