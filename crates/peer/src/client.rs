use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use reqwest::{IntoUrl, RequestBuilder};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower::Service;

use crate::BoxError;
use crate::request_body::Sent;

/// Idle connections live this long: well under the 75 s of this platform's servers, so that a call does not meet a
/// connection which the server is just closing.
const IDLE_CONNECTION: Duration = Duration::from_secs(30);

/// More idle connections than this to one upstream are closed; a burst opens new ones.
const IDLE_CONNECTIONS_PER_UPSTREAM: usize = 64;

/// A host that has vanished without a word is noticed by its idle connections after this long, three times.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVES: u32 = 3;

/// What a vanished host was sent last is sent again for this long; no keepalive is sent beside it.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// The pooled HTTP client that peers share. Their calls go by hyper's own client, which takes a request as it is; reqwest,
/// which is made for requests by hand, reads every address four times on the way (ADR 15).
#[derive(Clone, Debug)]
pub struct HttpClient {
    calls: Client<Connector, Sent>,
    by_hand: reqwest::Client,
}

/// Builds the HTTP client that every [`crate::Peer`] of a process shares.
///
/// It follows no redirects and uses no proxy, for services address each other directly, and it never repeats what may have
/// been seen by somebody: retries belong to the peer, which knows the budget.
///
/// # Errors
/// When the system refuses what a client needs.
#[expect(clippy::disallowed_methods, reason = "the one place where a client is built, for peers only")]
pub fn http_client(connect_timeout: Duration) -> Result<HttpClient, reqwest::Error> {
    let by_hand = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .http1_only()
        .tcp_nodelay(true)
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(IDLE_CONNECTION)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_PER_UPSTREAM)
        .build()?;
    let calls = Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_CONNECTION)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_PER_UPSTREAM)
        .build(Connector::new(connect_timeout));
    Ok(HttpClient { calls, by_hand })
}

impl HttpClient {
    /// Begins a GET by hand: without a breaker, and with whatever deadline it is given.
    pub fn get(&self, url: impl IntoUrl) -> RequestBuilder {
        self.by_hand.get(url)
    }

    /// Begins a POST by hand, as [`HttpClient::get`].
    pub fn post(&self, url: impl IntoUrl) -> RequestBuilder {
        self.by_hand.post(url)
    }

    /// The client for any other request by hand.
    pub fn by_hand(&self) -> &reqwest::Client {
        &self.by_hand
    }

    /// Makes one call, to the authority of the request's absolute URI.
    pub(crate) async fn call(&self, request: Request<Sent>) -> Result<Response<Incoming>, Error> {
        self.calls.request(request).await
    }
}

/// Opens connections, each within its time, the question to the resolver included.
#[derive(Clone, Debug)]
struct Connector {
    tcp: HttpConnector,
    patience: Duration,
}

impl Connector {
    fn new(patience: Duration) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(patience));
        tcp.set_keepalive(Some(KEEPALIVE));
        tcp.set_keepalive_interval(Some(KEEPALIVE));
        tcp.set_keepalive_retries(Some(KEEPALIVES));
        #[cfg(target_os = "linux")]
        tcp.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        Self { tcp, patience }
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let connecting = timeout(self.patience, self.tcp.call(address));
        Box::pin(async move { Ok(connecting.await??) })
    }
}
