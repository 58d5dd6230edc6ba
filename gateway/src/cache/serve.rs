//! Answering a GET that may be answered from memory.

use std::sync::Arc;

use http::{HeaderMap, Response, Uri};
use peer::CallContext;
use problem::{Kind, Problem};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout_at;
use tracing::Instrument;

use super::entry::Entry;
use super::fetch::{Fetched, Found, Landing, Source};
use super::flights::{Follow, Lead, Part};
use super::shared::Loan;
use super::status::{CACHE_STATUS, CacheStatus, Forward};
use super::vary::Variant;
use super::{Cache, Key, RequestDirectives, Reuse, answer};
use crate::body::Body;
use crate::metrics::Outcome;
use crate::proxy::Failure;
use crate::routes::Route;

/// A GET without credentials, for a route that is cached.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) key: Key,
    pub(crate) route: Arc<Route>,
    pub(crate) uri: Uri,
    /// Cleaned for the upstream, with the client's own conditions still in them.
    pub(crate) headers: HeaderMap,
    pub(crate) over_tls: bool,
    pub(crate) directives: RequestDirectives,
}

/// What is stored for a request, and why it does not do.
struct Known {
    entry: Option<Arc<Entry>>,
    /// Which one it asks for, so far as is known.
    variant: Variant,
    why: Forward,
}

/// A leader that panics twice in a row has a defect that a third try would meet as well. And where the first answer to an
/// address is not for everybody, the second try is among those who ask for the same variant.
const MOST_TRIES: usize = 3;

impl Cache {
    /// # Errors
    /// A problem when neither memory nor the upstream has an answer.
    pub(crate) async fn get(self: &Arc<Self>, ask: Ask) -> Result<Response<Body>, Problem> {
        let ask = Arc::new(ask);
        let context = CallContext::serving(&ask.headers, ask.route.deadline);
        for tried in 1..=MOST_TRIES {
            let known = match self.look_up(&ask) {
                Ok(response) => return Ok(response),
                Err(known) => known,
            };
            if ask.directives.only_if_cached {
                return Err(Problem::unavailable("Nothing is stored under this address.", Duration::from_secs(1)));
            }
            if self.has_to_ask_alone(&ask, &known) {
                let fetched = self.fetch(&ask, known.entry.as_ref(), &context).await;
                return self.deliver(&ask, &known, fetched);
            }
            match self.flights.join(&ask.key, &known.variant, self.store.epoch()) {
                Part::Lead(lead) => {
                    let landed = self.lead(lead, &ask, known.entry.clone(), context.clone());
                    if let Ok(fetched) = landed.await {
                        return self.deliver(&ask, &known, fetched);
                    }
                }
                Part::Follow(follow) => {
                    let is_last = tried == MOST_TRIES;
                    if let Some(response) = self.follow(follow, &ask, known, is_last, &context).await {
                        return response;
                    }
                }
            }
        }
        tracing::error!(path = ask.key.path(), "fetches for one address vanish");
        Err(Problem::new(Kind::Internal))
    }

    /// The answer from memory, or what is known.
    fn look_up(self: &Arc<Self>, ask: &Arc<Ask>) -> Result<Response<Body>, Known> {
        let Some(variants) = self.store.get_by(&ask.key) else {
            let variant = Variant::of_scheme(ask.over_tls);
            return Err(Known { entry: None, variant, why: Forward::UriMiss });
        };
        let Some(entry) = variants.chosen_by(&ask.headers, ask.over_tls) else {
            // The scheme is a part of the URI (RFC 9111 §2), though not of the key.
            let alike = variants.iter().find(|entry| entry.variant.over_tls == ask.over_tls);
            let why = if alike.is_some() { Forward::VaryMiss } else { Forward::UriMiss };
            let variant = alike.map(|entry| entry.variant.as_asked(&ask.headers));
            let variant = variant.unwrap_or_else(|| Variant::of_scheme(ask.over_tls));
            return Err(Known { entry: None, variant, why });
        };
        let now = self.now();
        let ttl = entry.freshness.ttl_seconds(now);
        match self.reuse(entry, &ask.directives, now) {
            Reuse::Fresh => {
                self.metrics.count(Outcome::Hit);
                Ok(answer(entry, &ask.headers, CacheStatus::Hit { ttl }, now))
            }
            Reuse::WhileRevalidating => {
                self.refresh(ask, entry);
                self.metrics.count(Outcome::StaleHit);
                Ok(answer(entry, &ask.headers, CacheStatus::StaleHit { ttl }, now))
            }
            Reuse::AfterValidation => {
                let why = if ttl > 0 { Forward::Request } else { Forward::Stale };
                Err(Known { entry: Some(Arc::clone(entry)), variant: entry.variant.clone(), why })
            }
        }
    }

    /// Whether waiting for somebody else's answer, or letting others wait for this one, would be in vain.
    fn has_to_ask_alone(&self, ask: &Ask, known: &Known) -> bool {
        let is_never_shared = known.entry.as_ref().is_some_and(|entry| !entry.freshness.is_shareable());
        is_never_shared || self.uncacheable.contains(&ask.key, self.now())
    }

    /// Fetches in a task of its own, which a client's hang-up does not end: others may wait for it.
    fn lead(
        self: &Arc<Self>,
        lead: Lead<Landing>,
        ask: &Arc<Ask>,
        known: Option<Arc<Entry>>,
        context: CallContext,
    ) -> oneshot::Receiver<Fetched> {
        let (sender, receiver) = oneshot::channel();
        let (cache, ask) = (Arc::clone(self), Arc::clone(ask));
        let leading = async move {
            let fetched = cache.find(&ask, known, &context).await;
            lead.land(fetched.landing());
            // Without a receiver the client has hung up.
            let _gone = sender.send(fetched);
        };
        tokio::spawn(leading.in_current_span());
        receiver
    }

    /// From the second tier, or from the upstream.
    async fn find(&self, ask: &Ask, known: Option<Arc<Entry>>, context: &CallContext) -> Fetched {
        let known = match self.borrow(ask).await {
            Loan::Fresh(found) => return Fetched::Entry(found),
            Loan::Stale(entry) => Some(entry),
            Loan::Nothing => known,
        };
        self.fetch(ask, known.as_ref(), context).await
    }

    /// Waits for what somebody else fetches; none when that one vanished, or was told what is for others, unless this is the
    /// last try.
    async fn follow(
        &self,
        follow: Follow<Landing>,
        ask: &Ask,
        known: Known,
        is_last: bool,
        context: &CallContext,
    ) -> Option<Result<Response<Body>, Problem>> {
        let waits = self.metrics.waits();
        let landed = timeout_at(context.deadline(), follow.landing()).await;
        drop(waits);
        let Ok(landing) = landed else {
            let late = "The service behind this address did not answer in time.";
            return Some(self.stand_in(ask).ok_or_else(|| Problem::unavailable(late, Duration::from_secs(1))));
        };
        Some(match landing? {
            Landing::Entry(found) if found.entry.variant.is_chosen_by(&ask.headers, ask.over_tls) => {
                self.metrics.count(Outcome::Collapsed);
                Ok(self.found(ask, known.why, &found, true))
            }
            Landing::Failed(failure) => self.failed(ask, &known, &failure, true),
            Landing::Entry(_) if !is_last => return None,
            Landing::Entry(_) | Landing::NotShared => {
                let fetched = self.fetch(ask, known.entry.as_ref(), context).await;
                self.deliver(ask, &known, fetched)
            }
        })
    }

    /// Fetches in the background, unless somebody does.
    fn refresh(self: &Arc<Self>, ask: &Arc<Ask>, entry: &Arc<Entry>) {
        if let Part::Lead(lead) = self.flights.join(&ask.key, &entry.variant, self.store.epoch()) {
            let context = CallContext::serving(&ask.headers, ask.route.deadline);
            // Nobody waits for it: the next request finds it stored.
            drop(self.lead(lead, ask, Some(Arc::clone(entry)), context));
        }
    }

    fn deliver(&self, ask: &Ask, known: &Known, fetched: Fetched) -> Result<Response<Body>, Problem> {
        match fetched {
            Fetched::Entry(found) => {
                self.metrics.count(match found.source {
                    Source::Shared => Outcome::SharedHit,
                    Source::Upstream { .. } if known.entry.is_some() => Outcome::Revalidated,
                    Source::Upstream { .. } => Outcome::Miss,
                });
                Ok(self.found(ask, known.why, &found, false))
            }
            Fetched::Failed(failure) => self.failed(ask, known, &failure, false),
            Fetched::Passing(mut response) => {
                self.metrics.count(Outcome::Uncacheable);
                let status = Some(response.status());
                let said = CacheStatus::Forwarded { why: known.why, status, stored: false, collapsed: false };
                response.headers_mut().append(CACHE_STATUS, said.to_header());
                Ok(*response)
            }
        }
    }

    fn found(&self, ask: &Ask, why: Forward, found: &Found, collapsed: bool) -> Response<Body> {
        let now = self.now();
        let said = match found.source {
            Source::Shared => CacheStatus::SharedHit { ttl: found.entry.freshness.ttl_seconds(now) },
            Source::Upstream { status, stored } => {
                CacheStatus::Forwarded { why, status: Some(status), stored, collapsed }
            }
        };
        answer(&found.entry, &ask.headers, said, now)
    }

    fn failed(&self, ask: &Ask, known: &Known, failure: &Failure, collapsed: bool) -> Result<Response<Body>, Problem> {
        if let Some(response) = self.stand_in(ask) {
            return Ok(response);
        }
        self.metrics.count(Outcome::Failed);
        failure.to_response(known.why, collapsed)
    }

    /// The stored response instead of a failure, where it says that it may (RFC 5861 §4).
    fn stand_in(&self, ask: &Ask) -> Option<Response<Body>> {
        let now = self.now();
        // Not what was known before: a purge may have dropped it since, and then it must not come back to life; and what was
        // borrowed, or stored by somebody else, is known only now.
        let stored = self.store.get_by(&ask.key)?;
        let entry = stored.chosen_by(&ask.headers, ask.over_tls).filter(|entry| self.may_stand_in(entry, now))?;
        self.metrics.count(Outcome::StaleOnError);
        let ttl = entry.freshness.ttl_seconds(now);
        Some(answer(entry, &ask.headers, CacheStatus::StaleOnError { ttl }, now))
    }
}
