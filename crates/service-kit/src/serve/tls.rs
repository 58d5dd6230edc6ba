//! Serving over TLS: HTTP/2 where the client speaks it, HTTP/1.1 otherwise, under the same caps and deadlines as without.

mod certificates;
mod http2;
mod pulse;

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::HttpBody;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::Service;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::crew::Hands;
use super::listen::{accept_loop, at_home};
use super::{Limits, ServeError, connection};

pub use certificates::CertificateError;
use certificates::Certificates;

/// Between two looks at the files: a renewed certificate is used this much later at most.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The protocols a client may choose from, the better one first (RFC 7301).
const PROTOCOLS: [&[u8]; 2] = [H2, b"http/1.1"];
const H2: &[u8] = b"h2";

/// Marks, as an extension, requests that came over TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secure;

/// Where a certificate is, as PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate, and those that vouch for it.
    pub certificate: PathBuf,
    /// Its key, which nobody but this process's user and group may read.
    pub key: PathBuf,
}

/// A certificate in use. It is read again when its files change; files that cannot be used are told of, and the last good
/// ones stay.
#[derive(Debug)]
pub struct Tls {
    config: Arc<ServerConfig>,
    certificates: Arc<Certificates>,
}

impl Tls {
    /// # Errors
    /// When the files cannot be read or do not belong together, or when everybody may read the key. The text names the file
    /// and the remedy.
    pub fn new(files: TlsFiles) -> Result<Self, CertificateError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let certificates = Arc::new(Certificates::load(files, &provider)?);
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(CertificateError::Unusable)?
            .with_no_client_auth();
        let mut config = config.with_cert_resolver(Arc::clone(&certificates) as _);
        config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
        Ok(Self { config: Arc::new(config), certificates })
    }
}

/// As [`super::serve_connections_by`], over TLS. Requests carry [`Secure`] as an extension, and whatever their protocol a
/// target in origin form with a `Host`.
///
/// # Errors
/// When the listening socket is unusable.
pub async fn serve_tls<F, S, B>(
    hands: &Hands,
    listener: TcpListener,
    tls: Tls,
    service_for: F,
    limits: Limits,
    shutdown: CancellationToken,
) -> Result<(), ServeError>
where
    F: Fn(SocketAddr) -> S,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
    S::Future: Send + 'static,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let acceptor = TlsAcceptor::from(tls.config);
    let watching = tls.certificates.watch(LOOK_EVERY);
    let serving = accept_loop(hands, listener, &limits, shutdown, |stream, client, closing| {
        let (acceptor, limits) = (acceptor.clone(), limits.clone());
        serve_one(stream, acceptor, service_for(client), limits, closing)
    });
    tokio::select! {
        ended = serving => ended,
        never = watching => match never {},
    }
}

async fn serve_one<S, B>(
    stream: std::net::TcpStream,
    acceptor: TlsAcceptor,
    service: S,
    limits: Limits,
    closing: CancellationToken,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
    S::Future: Send + 'static,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let stream = match at_home(stream) {
        Ok(stream) => stream,
        Err(error) => return tracing::debug!(error = %error, "connection gone before it was served"),
    };
    // A handshake is the head of what follows: it has as long.
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(limits.head_deadline, acceptor.accept(stream)) => shaken,
        () = closing.cancelled() => return,
    };
    let stream = match shaken {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(error = %error, "TLS handshake failed"),
        Err(_late) => return tracing::debug!("TLS handshake took too long"),
    };
    if stream.get_ref().1.alpn_protocol() == Some(H2) {
        http2::serve(stream, service, &limits, closing).await;
    } else {
        connection::serve(stream, http2::Marked(service), &limits, closing).await;
    }
}
