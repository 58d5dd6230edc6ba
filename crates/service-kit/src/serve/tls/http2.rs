use std::convert::Infallible;
use std::error::Error;
use std::pin::{Pin, pin};
use std::time::Duration;

use axum::body::HttpBody;
use http::{HeaderValue, Request, Response, Uri, header};
use hyper::body::Incoming;
use hyper::server::conn::http2::Builder;
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::Secure;
use super::pulse::{Beating, Pulse};
use crate::serve::Limits;
use crate::serve::stall::StallGuard;

/// Requests that one connection may make at once: what browsers expect (RFC 9113 §6.5.2 asks for 100 at least).
const STREAMS: u32 = 128;

/// A client that is silent for so long is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(20);

/// And has so long to say so.
const PING_PATIENCE: Duration = Duration::from_secs(10);

/// Serves one HTTP/2 connection until it ends, until nothing has moved on it for as long as the limits say, or until the
/// answers in the making are out after `closing` was cancelled.
pub(super) async fn serve<S, B>(stream: TlsStream<TcpStream>, service: S, limits: &Limits, closing: CancellationToken)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
    S::Future: Send + 'static,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let pulse = Pulse::new();
    let io = TokioIo::new(StallGuard::new(stream, limits.write_stall));
    let service = Felt { service: Marked(service), pulse: pulse.clone() };
    let connection = Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_PATIENCE)
        .serve_connection(io, service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        biased;
        ended = &mut connection => ended,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        () = pulse.stopped(limits) => return tracing::debug!("connection closed: nothing moved on it"),
    };
    if let Err(error) = ended {
        tracing::debug!(error = %error, cause = error.source(), "connection ended early");
    }
}

/// A service whose requests count as signs of life.
struct Felt<S> {
    service: Marked<S>,
    pulse: Pulse,
}

impl<S, B> Service<Request<Incoming>> for Felt<S>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
    S::Future: Send + 'static,
    B: HttpBody + Send + 'static,
{
    type Response = Response<Beating<B>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let beat = self.pulse.begin();
        let answering = self.service.call(request);
        Box::pin(async move { Ok(answering.await?.map(|body| Beating::new(body, beat))) })
    }
}

/// A service that is told of TLS, and for which requests look the same in every version of HTTP.
pub(super) struct Marked<S>(pub(super) S);

impl<S> Service<Request<Incoming>> for Marked<S>
where
    S: Service<Request<Incoming>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn call(&self, mut request: Request<Incoming>) -> S::Future {
        request.extensions_mut().insert(Secure);
        to_http1(&mut request);
        self.0.call(request)
    }
}

/// `:authority` becomes `Host` (RFC 9113 §8.3.1), and cookies that came in pieces one field (§8.2.3).
fn to_http1<B>(request: &mut Request<B>) {
    if request.version() != http::Version::HTTP_2 {
        return;
    }
    let authority = request.uri().authority().and_then(|name| HeaderValue::from_str(name.as_str()).ok());
    if let Some(authority) = authority {
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
        // What a `Host` says besides is ignored: a request has one host.
        request.headers_mut().insert(header::HOST, authority);
    }
    let pieces: Vec<&[u8]> = request.headers().get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if pieces.len() > 1
        && let Ok(whole) = HeaderValue::from_bytes(&pieces.join(&b"; "[..]))
    {
        request.headers_mut().insert(header::COOKIE, whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_http_2_looks_like_one_of_http_1() {
        let request = Request::get("https://lend.example/items?q=1").version(http::Version::HTTP_2);
        let request = request.header("host", "evil.example").header("cookie", "a=1").header("cookie", "b=2");
        let mut request = request.body(()).unwrap();
        to_http1(&mut request);
        assert_eq!(request.uri(), "/items?q=1");
        assert_eq!(request.headers().get_all("host").iter().collect::<Vec<_>>(), ["lend.example"]);
        assert_eq!(request.headers().get_all("cookie").iter().collect::<Vec<_>>(), ["a=1; b=2"]);
    }
}
