use http::{Method, Request, Response, header};
use hyper::body::{Body as HttpBody, Incoming};
use peer::trace::{self, Recorded};
use service_kit::serve::limits::HEADER_FIELDS;

use super::{Gateway, NO_ROUTE};
use crate::body::Body;
use crate::cache::status::CacheStatus;
use crate::cache::{KeyRef, RequestDirectives, Reuse, answer};
use crate::ids::{Names, TRACEPARENT, X_REQUEST_ID};
use crate::metrics::Outcome;
use crate::target::Target;

impl Gateway {
    /// The answer from memory, when there is one and the request is as plain as nearly all are. This is where the
    /// gateway's speed is decided: nothing is copied before the entry is found, and nobody waits. Whatever is odd gets none
    /// and is looked at in peace elsewhere.
    pub(super) fn hit(&self, request: &Request<Incoming>, over_tls: bool) -> Option<Response<Body>> {
        if !is_plain_read(request) {
            return None;
        }
        let headers = request.headers();
        let target = Target::parse(request.uri()).ok()?;
        let host = self.hosts.of(request).ok()?;
        // Only GETs of cached routes with known parameters are ever stored, so the key answers for the route, too.
        let key = KeyRef { host: &host, path: &target.path, query: &target.query };
        let variants = self.cache.store.get(&key)?;
        let entry = variants.chosen_by(headers, over_tls).filter(|entry| !entry.variant.goes_by_the_gateways_word())?;
        let asked = if self.client_directives { RequestDirectives::of(headers) } else { RequestDirectives::default() };
        let now = self.cache.now();
        if asked.no_store || self.cache.reuse(entry, &asked, now) != Reuse::Fresh {
            return None;
        }
        let said = CacheStatus::Hit { ttl: entry.freshness.ttl_seconds(now) };
        let mut response = answer(entry, headers, said, now);
        let Names { request_id, mut traceparent } = self.ids.names(headers);
        if trace::is_recorded(&traceparent) {
            let route = self.table.find(&target.path).map_or(NO_ROUTE, |route| &route.template);
            Recorded::answered(&self.record(request.method(), route, &mut traceparent), response.status());
        }
        response.headers_mut().insert(X_REQUEST_ID, request_id);
        response.headers_mut().insert(TRACEPARENT, traceparent);
        entry.answers.inc();
        self.metrics.count(Outcome::Hit);
        Some(response)
    }
}

/// A GET or HEAD of nobody in particular, without a body and without conditions on the upstream's state.
fn is_plain_read(request: &Request<Incoming>) -> bool {
    let headers = request.headers();
    let odd = [header::AUTHORIZATION, header::COOKIE, header::IF_MATCH, header::IF_UNMODIFIED_SINCE];
    // Range has a meaning for GET only (RFC 9110 §14.2).
    let is_part_of_head = *request.method() == Method::HEAD && headers.contains_key(header::RANGE);
    matches!(*request.method(), Method::GET | Method::HEAD)
        && !is_part_of_head
        && request.body().is_end_stream()
        && headers.len() <= HEADER_FIELDS
        && !odd.iter().any(|name| headers.contains_key(name))
}
