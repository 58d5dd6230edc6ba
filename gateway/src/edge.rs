//! The door: every request comes in here, and every answer leaves here.

mod hot;
mod pass;

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, Request, Response, header};
use hyper::body::Incoming;
use hyper::service::Service;
use peer::trace::{self, Recorded};
use service_kit::proxies::TrustedProxies;
use service_kit::serve::tls::Secure;
use tokio::sync::RwLock;
use tokio::time::Instant;
use tracing::{Instrument, Span};

use crate::body::Body;
use crate::cache::Cache;
use crate::cache::directives::CDN_CACHE_CONTROL;
use crate::cors::Cors;
use crate::credentials::Credentials;
use crate::host::Hosts;
use crate::ids::{Ids, TRACEPARENT, X_REQUEST_ID, trace_id};
use crate::metrics::{Counted, Metrics};
use crate::problems::respond;
use crate::rates::Rates;
use crate::routes::Table;

/// Everything a request may need, shared by all connections.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) hosts: Hosts,
    pub(crate) table: Table,
    pub(crate) cache: Arc<Cache>,
    pub(crate) credentials: Credentials,
    pub(crate) cors: Cors,
    pub(crate) ids: Ids,
    pub(crate) rates: Arc<Rates>,
    /// Who may say for whom they ask.
    pub(crate) proxies: TrustedProxies,
    /// What browsers that came over TLS are told to keep to.
    pub(crate) hsts: Option<HeaderValue>,
    pub(crate) metrics: Arc<Metrics>,
    /// The gateway's own pages, if it has any.
    pub(crate) pages: Option<axum::Router>,
    /// Whether `Cache-Control` of requests counts.
    pub(crate) client_directives: bool,
    pub(crate) body_deadline: Duration,
    /// Shared by all writes that are being passed on, whether or not their clients still wait.
    pub(crate) writes: Arc<RwLock<()>>,
}

/// The gateway as one connection sees it.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) client: SocketAddr,
    /// Says that the connection is open.
    #[expect(dead_code, reason = "its end is what counts")]
    pub(crate) connection: Counted,
}

/// An answer that is there already, or one to wait for.
pub(crate) enum Answering {
    Ready(Ready<Response<Body>>),
    Waiting(Pin<Box<dyn Future<Output = Response<Body>> + Send>>),
}

impl Service<Request<Incoming>> for Edge {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Answering {
        let cors = &self.gateway.cors;
        let over_tls = self.gateway.is_over_tls(self.client.ip(), &request);
        if let Some(mut response) = self.gateway.hit(&request, over_tls) {
            cors.open(request.headers(), response.headers_mut());
            if let Some((name, value)) = self.gateway.hsts(over_tls) {
                response.headers_mut().insert(name, value);
            }
            return Answering::Ready(ready(response));
        }
        if let Some(mut response) = cors.preflight(&request) {
            response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
            response.headers_mut().extend(self.gateway.hsts(over_tls));
            return Answering::Ready(ready(response));
        }
        let (gateway, peer) = (Arc::clone(&self.gateway), self.client.ip());
        Answering::Waiting(Box::pin(gateway.serve(request, peer)))
    }
}

impl Future for Answering {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Ready(response) => Pin::new(response).poll(cx).map(Ok),
            Self::Waiting(response) => response.as_mut().poll(cx).map(Ok),
        }
    }
}

/// Browsers take what a service says something is for what it is: no uploaded text becomes a script.
pub(crate) const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// The gateway's name in traces.
const SERVICE: &str = "gateway";

/// The label of requests that no route takes: the gateway's own pages, and what is refused.
const NO_ROUTE: &str = "-";

/// Where a request comes from, whoever has brought it.
#[derive(Debug, Clone, Copy)]
struct Origin {
    client: IpAddr,
    over_tls: bool,
}

impl Gateway {
    /// The answer to whatever is not in memory, fresh and for everybody.
    async fn serve(self: Arc<Self>, request: Request<Incoming>, peer: IpAddr) -> Response<Body> {
        let begun = Instant::now();
        let origin =
            Origin { client: self.proxies.client(peer, request.headers()), over_tls: self.is_over_tls(peer, &request) };
        let mut names = self.ids.names(request.headers());
        let method = request.method().clone();
        let route = self.table.find(request.uri().path()).map_or_else(|| NO_ROUTE.into(), |r| Arc::clone(&r.template));
        let span = self.record(&method, &route, &mut names.traceparent);
        let page = request.headers().get(header::ORIGIN).cloned().map(|page| (header::ORIGIN, page));
        let left = self.rates.admit(origin.client, request.headers());
        let served = match &left {
            Ok(_) => self.answer(request, origin, &names).instrument(span.clone()).await,
            Err(refusal) => {
                self.metrics.shed.inc();
                Err(refusal.clone())
            }
        };
        let mut response = served.unwrap_or_else(|problem| respond(&problem, &names.request_id));
        let headers = response.headers_mut();
        if let Ok(Some(left)) = left {
            headers.extend(left.headers(left.whole_in()));
        }
        // Freshness meant for this cache ends here: no cache behind it would hear of a write.
        headers.remove(CDN_CACHE_CONTROL);
        self.cors.open(&page.into_iter().collect(), headers);
        headers.insert(X_REQUEST_ID, names.request_id.clone());
        headers.insert(TRACEPARENT, names.traceparent.clone());
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
        headers.extend(self.hsts(origin.over_tls));
        Recorded::answered(&span, response.status());
        self.metrics.answers(&route, response.status()).inc();
        self.metrics.took(&route, begun.elapsed(), &names.traceparent);
        tracing::debug!(
            request_id = names.request_id.to_str().unwrap_or_default(),
            trace_id = trace_id(&names.traceparent),
            %method,
            route = &*route,
            status = response.status().as_u16(),
            duration_ms = begun.elapsed().as_secs_f64() * 1e3,
            "answered"
        );
        response
    }

    /// The span of a request whose trace is recorded, in which what is done for it has its place from here on.
    fn record(&self, method: &Method, route: &str, traceparent: &mut HeaderValue) -> Span {
        let Some(Recorded { span, inside }) = trace::served(SERVICE, method, route, traceparent, || self.ids.next())
        else {
            return Span::none();
        };
        *traceparent = inside.to_header();
        span
    }

    fn is_over_tls<B>(&self, peer: IpAddr, request: &Request<B>) -> bool {
        request.extensions().get::<Secure>().is_some() || self.proxies.was_https(peer, request.headers())
    }

    fn hsts(&self, over_tls: bool) -> Option<(HeaderName, HeaderValue)> {
        let hsts = self.hsts.as_ref().filter(|_| over_tls)?;
        Some((header::STRICT_TRANSPORT_SECURITY, hsts.clone()))
    }
}
