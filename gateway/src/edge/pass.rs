use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use hyper::body::Incoming;
use peer::{CallContext, PeerError, RequestBody, ResponseBody};
use problem::{Kind, Problem};
use service_kit::serve::limits;
use tower::ServiceExt;
use tracing::Instrument;

use super::{Gateway, Origin};
use crate::body::Body;
use crate::cache::status::{CACHE_STATUS, CacheStatus, Forward};
use crate::cache::{Ask, Force, Key, KeyRef, Purge, RequestDirectives};
use crate::ids::{Names, TRACEPARENT, X_REQUEST_ID};
use crate::metrics::Outcome;
use crate::pages;
use crate::proxy::{Forwarded, bounded, clean_request, forward, log, strip_body, unavailable};
use crate::routes::Route;
use crate::target::Target;

impl Gateway {
    /// # Errors
    /// A problem for whatever is refused here, and when no upstream answers.
    pub(super) async fn answer(
        self: &Arc<Self>,
        request: Request<Incoming>,
        origin: Origin,
        names: &Names,
    ) -> Result<Response<Body>, Problem> {
        limits::check_header_fields(request.headers())?;
        check_method(request.method())?;
        let host = self.hosts.of(&request).map_err(|error| malformed(&error))?.into_owned();
        let uri = request.uri().clone();
        let target = Target::parse(&uri).map_err(|error| malformed(&error))?;
        let Some(route) = self.route(&target.path) else {
            return self.page(request).await;
        };
        let (mut parts, body) = request.into_parts();
        let directives = self.directives(&parts.headers);
        let is_shared = self.is_shared(&parts, &route, &target, &directives);
        let scheme = if origin.over_tls { "https" } else { "http" };
        clean_request(&mut parts.headers, origin.client, &host, scheme);
        parts.headers.insert(X_REQUEST_ID, names.request_id.clone());
        parts.headers.insert(TRACEPARENT, names.traceparent.clone());
        let key = || KeyRef { host: &host, path: &target.path, query: &target.query }.to_key();
        if matches!(parts.method, Method::GET | Method::HEAD) {
            // A body of a read has no meaning (RFC 9110 §9.3.1), except to those who want caches to be wrong.
            strip_body(&mut parts.headers);
            drop(body);
            if is_shared && parts.method == Method::GET {
                let uri = target.to_uri(&target.query).map_err(|error| malformed(&error))?;
                let (key, headers, over_tls) = (key(), parts.headers, origin.over_tls);
                // In a box of its own: what is passed on past the cache needs none of its room.
                return Box::pin(self.cache.get(Ask { key, route, uri, headers, over_tls, directives })).await;
            }
            if route.cached.is_some() {
                self.metrics.count(Outcome::Bypass);
            }
            let forwarded = forwarded(parts, &target, &uri)?;
            return pass(&route, forwarded, RequestBody::empty(), Forward::Bypass).await;
        }
        let body = bounded(body, &route, route.body_deadline.unwrap_or(self.body_deadline))?;
        let forwarded = forwarded(parts, &target, &uri)?;
        if forwarded.method.is_safe() {
            return pass(&route, forwarded, body, Forward::Method).await;
        }
        self.write(route, forwarded, body, key()).await
    }

    fn route(&self, path: &str) -> Option<Arc<Route>> {
        let is_page = self.pages.is_some() && pages::own(path);
        // What takes everything takes a page of the gateway's own only where that has none.
        self.table.find(path).filter(|route| !is_page || *route.template != *"/").cloned()
    }

    fn directives(&self, headers: &HeaderMap) -> RequestDirectives {
        if self.client_directives { RequestDirectives::of(headers) } else { RequestDirectives::default() }
    }

    /// Whether the answer may come from memory, or go there.
    fn is_shared(
        &self,
        request: &http::request::Parts,
        route: &Route,
        target: &Target<'_>,
        directives: &RequestDirectives,
    ) -> bool {
        let headers = &request.headers;
        let is_conditional =
            headers.contains_key(header::IF_MATCH) || headers.contains_key(header::IF_UNMODIFIED_SINCE);
        let is_known = route.cached.as_ref().is_some_and(|cached| cached.allows(&target.query));
        is_known && !is_conditional && !directives.no_store && !self.credentials.are_in(headers)
    }

    /// Passes on a request that changes something, in a task of its own: a client that hangs up must not keep the cache
    /// from learning what became invalid, and the drain waits for it.
    async fn write(
        self: &Arc<Self>,
        route: Arc<Route>,
        forwarded: Forwarded,
        body: RequestBody,
        key: Key,
    ) -> Result<Response<Body>, Problem> {
        let gateway = Arc::clone(self);
        let under_way = Arc::clone(&self.writes).read_owned().await;
        let passing = async move {
            let sent = send(&route, forwarded, body).await;
            match &sent {
                Ok(response) => {
                    let is_cached = |path: &str| gateway.table.find(path).is_some_and(|route| route.cached.is_some());
                    gateway.cache.written(&key, response.status(), response.headers(), is_cached).await;
                }
                Err(error) if error.nothing_was_sent() => {}
                Err(error) => gateway.perhaps_written(key, &route, error).await,
            }
            drop(under_way);
            passed(sent, &route, Forward::Method)
        };
        tokio::spawn(passing.in_current_span()).await.unwrap_or_else(|error| {
            tracing::error!(error = %error, "passing on a write failed");
            Err(Problem::new(Kind::Internal))
        })
    }

    /// Drops what a write has changed if it was done although nobody has said so. Nobody has named its groups either, so that
    /// whatever its service answers has to be confirmed; unless it was the client that broke off, which leaves a service without
    /// a whole request, and must not be a way to make everything stale.
    async fn perhaps_written(&self, key: Key, route: &Route, error: &PeerError) {
        if !matches!(error, PeerError::RequestBody { .. }) {
            let stale = self.table.cached_prefixes(route.peer.name()).map(Purge::Prefix).collect();
            self.cache.purge(stale, Force::Soft).await;
        }
        self.cache.purge(vec![Purge::Key(key)], Force::Hard).await;
    }

    /// The gateway's own pages, and 404 for everything else.
    async fn page(&self, request: Request<Incoming>) -> Result<Response<Body>, Problem> {
        let pages = self.pages.clone().ok_or_else(|| Problem::new(Kind::NotFound))?;
        let response = match pages.oneshot(request.map(axum::body::Body::new)).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        match response.extensions().get::<Problem>() {
            Some(problem) => Err(problem.clone()),
            None => Ok(response.map(Body::Page)),
        }
    }
}

/// TRACE would show a client what is said between gateway and services (RFC 9110 §9.3.8), and CONNECT is for tunnels.
fn check_method(method: &Method) -> Result<(), Problem> {
    let allowed = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    let is_refused = matches!(*method, Method::TRACE | Method::CONNECT);
    if is_refused { Err(Problem::method_not_allowed(&allowed, method)) } else { Ok(()) }
}

fn malformed(error: &impl std::error::Error) -> Problem {
    Problem::because(Kind::MalformedRequest, error.to_string())
}

/// The request as it goes on: the path normalised, the query as the client wrote it.
fn forwarded(parts: http::request::Parts, target: &Target<'_>, uri: &http::Uri) -> Result<Forwarded, Problem> {
    let uri = match target.path {
        Cow::Borrowed(_) => uri.clone(),
        Cow::Owned(_) => target.to_uri(uri.query().unwrap_or_default()).map_err(|error| malformed(&error))?,
    };
    Ok(Forwarded { method: parts.method, uri, headers: parts.headers })
}

async fn pass(route: &Route, forwarded: Forwarded, body: RequestBody, why: Forward) -> Result<Response<Body>, Problem> {
    passed(send(route, forwarded, body).await, route, why)
}

async fn send(route: &Route, forwarded: Forwarded, body: RequestBody) -> Result<Response<ResponseBody>, PeerError> {
    let context = CallContext::serving(&forwarded.headers, route.deadline);
    forward(route, forwarded, body, &context).await
}

fn passed(
    sent: Result<Response<ResponseBody>, PeerError>,
    route: &Route,
    why: Forward,
) -> Result<Response<Body>, Problem> {
    match sent {
        Ok(response) => {
            let mut response = response.map(|rest| Body::stream(Bytes::new(), rest));
            response.headers_mut().append(CACHE_STATUS, CacheStatus::passed(why).to_header());
            Ok(response)
        }
        Err(error) => {
            log(&error, route.peer.name());
            Err(unavailable(&error, route.body_bytes))
        }
    }
}
