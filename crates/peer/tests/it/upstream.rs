use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use peer::breaker::BreakerSettings;
use peer::{BoxError, CallContext, Peer, PeerSettings, RequestBody, http_client};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::script::{Script, Step};

pub(crate) type Answer = Response<UnsyncBoxBody<Bytes, io::Error>>;
type Answering = Pin<Box<dyn Future<Output = Result<Answer, BoxError>> + Send>>;
type Handler = dyn Fn(Request<Incoming>) -> Answering + Send + Sync;

/// A real HTTP server on a port of its own. Dropped, it goes away, connections included.
pub(crate) struct Upstream {
    address: SocketAddr,
    hits: watch::Receiver<usize>,
    server: JoinSet<()>,
}

impl Upstream {
    /// A server that answers every request with what `handler` says; an `Err` breaks the connection.
    pub(crate) async fn start<F>(handler: impl Fn(Request<Incoming>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Answer, BoxError>> + Send + 'static,
    {
        Self::start_at("127.0.0.1:0".parse().unwrap(), handler).await
    }

    /// The same at a given address, for one that comes back.
    pub(crate) async fn start_at<F>(
        address: SocketAddr,
        handler: impl Fn(Request<Incoming>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Answer, BoxError>> + Send + 'static,
    {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (hit, hits) = watch::channel(0);
        let handler: Arc<Handler> = Arc::new(move |request| {
            hit.send_modify(|count| *count += 1);
            Box::pin(handler(request))
        });
        let mut server = JoinSet::new();
        server.spawn(accept(listener, handler));
        Self { address, hits, server }
    }

    /// A server that answers every request with `status` and no body.
    pub(crate) async fn answering(status: StatusCode) -> Self {
        Self::start(move |_| async move { Ok(answer(status, "")) }).await
    }

    /// A server that takes requests and says nothing.
    pub(crate) async fn silent() -> Self {
        Self::start(|_| std::future::pending()).await
    }

    /// Stops it, and returns when its port is free.
    pub(crate) async fn stop(mut self) -> SocketAddr {
        self.server.shutdown().await;
        self.address
    }

    /// Requests so far.
    pub(crate) fn hits(&self) -> usize {
        *self.hits.borrow()
    }

    /// Waits until `count` requests have come.
    pub(crate) async fn hit(&self, count: usize) {
        self.hits.clone().wait_for(|hits| *hits >= count).await.unwrap();
    }

    /// `http://` and where it listens.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A peer for this server; `change` sets what the test is about.
    pub(crate) fn peer(&self, change: impl FnOnce(&mut PeerSettings)) -> Peer {
        peer_at(self.address, change)
    }
}

async fn accept(listener: TcpListener, handler: Arc<Handler>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let handler = Arc::clone(&handler);
        let service = service_fn(move |request| {
            let answering = handler(request);
            async move { answering.await.map_err(io::Error::other) }
        });
        connections.spawn(async move {
            // A connection that the handler or the peer breaks is what many tests are about.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// A peer for whatever listens at `address`, with times short enough for a test.
pub(crate) fn peer_at(address: SocketAddr, change: impl FnOnce(&mut PeerSettings)) -> Peer {
    peer_of(&format!("http://{address}"), change)
}

/// A peer for instances at these addresses.
pub(crate) fn peer_of(addresses: &str, change: impl FnOnce(&mut PeerSettings)) -> Peer {
    let mut settings = PeerSettings::parse("inventory", addresses).unwrap();
    settings.attempt_timeout = Duration::from_millis(200);
    settings.body_idle_timeout = Duration::from_millis(200);
    settings.retry.max_retries = 0;
    settings.breaker.slow_start = Duration::ZERO;
    change(&mut settings);
    Peer::new(settings, http_client(Duration::from_secs(1)).unwrap(), 7).unwrap()
}

/// A breaker that never opens, for tests about something else.
pub(crate) fn never_opens() -> BreakerSettings {
    BreakerSettings { minimum_calls: u32::MAX, streak: u32::MAX, ..BreakerSettings::default() }
}

pub(crate) fn answer(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    let body = Full::new(body.into()).map_err(|never: Infallible| match never {}).boxed_unsync();
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer
}

pub(crate) fn scripted(steps: impl IntoIterator<Item = Step>) -> Answer {
    Response::new(Script::new(steps).map_err(io::Error::other).boxed_unsync())
}

/// A GET of `path` without a body.
pub(crate) fn get(path: &str) -> Request<RequestBody> {
    Request::get(path).body(RequestBody::empty()).unwrap()
}

/// Time enough for everything but a hang.
pub(crate) fn ample() -> CallContext {
    CallContext::within(Duration::from_secs(10))
}
