use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method};
use service_kit::serve::{Limits, serve};
use test_kit::wait_until;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// An upstream that answers as a closure says and remembers what it was asked.
pub(crate) struct Origin {
    address: SocketAddr,
    router: Router,
    seen: Arc<Mutex<Vec<Seen>>>,
    running: Mutex<Option<(CancellationToken, JoinHandle<()>)>>,
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Its number, beginning at 1.
    pub(crate) number: usize,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Origin {
    pub(crate) async fn start<F>(answer: impl Fn(Seen) -> F + Clone + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Response> + Send,
    {
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let log = Arc::clone(&seen);
        let router = Router::new().fallback(move |request: Request| {
            let (answer, log) = (answer.clone(), Arc::clone(&log));
            async move {
                let seen = note(request, &log).await;
                answer(seen).await
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let origin = Self { address, router, seen, running: Mutex::default() };
        origin.serve(listener);
        origin
    }

    /// One that always gives the same answer.
    pub(crate) async fn saying(headers: &'static [(&'static str, &'static str)], body: &'static str) -> Self {
        Self::start(move |_| async move { reply(200, headers, body) }).await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    pub(crate) async fn until_asked(&self, times: usize) {
        wait_until("the upstream is asked", super::SOON, async || self.count() >= times).await;
    }

    /// Closes its port and every connection.
    pub(crate) async fn stop(&self) {
        let (shutdown, ended) = self.running.lock().unwrap().take().expect("a running origin");
        shutdown.cancel();
        ended.await.unwrap();
    }

    /// Opens the same port again.
    pub(crate) async fn restart(&self) {
        self.serve(TcpListener::bind(self.address).await.unwrap());
    }

    fn serve(&self, listener: TcpListener) {
        let shutdown = CancellationToken::new();
        let (router, stop) = (self.router.clone(), shutdown.clone());
        let limits = Limits { drain: Duration::from_millis(50), ..Limits::default() };
        let ended = tokio::spawn(async move { serve(listener, router, limits, stop).await.unwrap() });
        *self.running.lock().unwrap() = Some((shutdown, ended));
    }
}

async fn note(request: Request, log: &Mutex<Vec<Seen>>) -> Seen {
    let (parts, body) = request.into_parts();
    // A body that breaks off is noted as empty.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut log = log.lock().unwrap();
    let number = log.len() + 1;
    let seen = Seen { method: parts.method, target: parts.uri.to_string(), headers: parts.headers, body, number };
    log.push(seen.clone());
    seen
}

/// An answer with these headers. Its `Date` says nothing: the machine's time is not that of the tests.
pub(crate) fn reply(status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Response {
    let response = headers
        .iter()
        .fold(Response::builder().status(status).header("date", "unknown"), |r, (name, value)| r.header(*name, *value));
    response.body(body.into()).unwrap()
}
