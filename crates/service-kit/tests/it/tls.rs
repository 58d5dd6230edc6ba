//! The accept loop over TLS, met with a client that speaks both versions of HTTP.

use std::convert::Infallible;
use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use service_kit::serve::tls::{Secure, Tls, TlsFiles, serve_tls};
use service_kit::serve::{Hands, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;

/// Long enough for anything that happens at all, so that a failing test ends.
const SOON: Duration = Duration::from_secs(20);

struct Served {
    address: SocketAddr,
    shutdown: CancellationToken,
    ended: JoinHandle<()>,
    certificate: CertificateDer<'static>,
    /// Lets the requests for `/wait` go on; they say so when they have begun.
    release: Arc<Notify>,
    begun: Arc<Notify>,
    _files: tempfile::TempDir,
}

async fn start(limits: Limits) -> Served {
    let files = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| files.path().join(name));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let tls = Tls::new(TlsFiles { certificate, key }).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, shutdown) = (listener.local_addr().unwrap(), CancellationToken::new());
    let (release, begun) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (released, beginning, stop) = (Arc::clone(&release), Arc::clone(&begun), shutdown.clone());
    let service_for = move |_client| {
        let (released, beginning) = (Arc::clone(&released), Arc::clone(&beginning));
        service_fn(move |request| answer(request, Arc::clone(&released), Arc::clone(&beginning)))
    };
    let here = Hands::default();
    let ended = tokio::spawn(async move { serve_tls(&here, listener, tls, service_for, limits, stop).await.unwrap() });
    let certificate = made.cert.der().clone();
    Served { address, shutdown, ended, certificate, release, begun, _files: files }
}

/// Says how the request looked.
async fn answer(
    request: Request<Incoming>,
    release: Arc<Notify>,
    begun: Arc<Notify>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().path() == "/wait" {
        begun.notify_one();
        release.notified().await;
    }
    let is_secure = request.extensions().get::<Secure>().is_some();
    let host = request.headers()["host"].to_str().unwrap_or_default();
    let text = format!("{:?} {} {host} {is_secure}", request.version(), request.uri());
    Ok(Response::new(Full::from(text)))
}

impl Served {
    async fn connect(&self, protocol: &str) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    /// A connection of HTTP/2, and what ends with it.
    async fn http2(&self) -> (SendRequest<Full<Bytes>>, JoinHandle<()>) {
        let stream = TokioIo::new(self.connect("h2").await);
        let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
        // However it ends, it has ended.
        let ended = tokio::spawn(async move { drop(connection.await) });
        (sender, ended)
    }
}

fn get(path: &str) -> Request<Full<Bytes>> {
    Request::get(format!("https://localhost{path}")).version(Version::HTTP_2).body(Full::default()).unwrap()
}

async fn text(response: Response<Incoming>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn many_requests_share_a_connection_of_http_2() {
    let served = start(Limits::default()).await;
    let (mut sender, _connection) = served.http2().await;
    let asking = (0..50).map(|number| sender.send_request(get(&format!("/{number}"))));
    for (number, asked) in asking.collect::<Vec<_>>().into_iter().enumerate() {
        let said = text(asked.await.unwrap()).await;
        assert_eq!(said, format!("HTTP/2.0 /{number} localhost true"));
    }
}

#[tokio::test]
async fn a_client_of_http_1_is_served_as_well() {
    let served = start(Limits::default()).await;
    let mut stream = served.connect("http/1.1").await;
    stream.write_all(b"GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    assert!(said.starts_with("HTTP/1.1 200 OK") && said.ends_with("HTTP/1.1 /a localhost true"), "{said}");
}

#[tokio::test]
async fn sockets_that_never_shake_hands_are_closed_and_others_do_not_notice() {
    let limits = Limits { head_deadline: Duration::from_secs(1), ..Limits::default() };
    let served = start(limits).await;
    let mut slow = JoinSet::new();
    for number in 0..200 {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        slow.spawn(async move {
            if number % 2 == 0 {
                stream.write_all(b"\x16\x03\x01").await.unwrap();
            }
            // A reset is a way of closing, too.
            let _closed = tokio::time::timeout(SOON, stream.read_to_end(&mut Vec::new())).await.expect("it is closed");
        });
    }
    let (mut sender, _connection) = served.http2().await;
    assert!(sender.send_request(get("/")).await.unwrap().status().is_success());
    while let Some(closed) = slow.join_next().await {
        closed.unwrap();
    }
}

#[tokio::test]
async fn a_connection_on_which_nothing_moves_is_closed_and_a_handler_is_waited_for() {
    let limits = Limits { head_deadline: Duration::from_millis(300), ..Limits::default() };
    let served = start(limits).await;
    let (mut sender, connection) = served.http2().await;
    let waiting = tokio::spawn(sender.send_request(get("/wait")));
    served.begun.notified().await;
    let (idle, idle_connection) = served.http2().await;
    tokio::time::timeout(SOON, idle_connection).await.expect("the idle one is closed").unwrap();
    drop(idle);
    assert!(!connection.is_finished(), "the other has a handler at work");
    served.release.notify_one();
    assert!(waiting.await.unwrap().unwrap().status().is_success());
    tokio::time::timeout(SOON, connection).await.expect("now it is idle, too").unwrap();
}

#[tokio::test]
async fn draining_answers_what_has_begun() {
    let served = start(Limits::default()).await;
    let (mut sender, _connection) = served.http2().await;
    let waiting = tokio::spawn(sender.send_request(get("/wait")));
    served.begun.notified().await;
    served.shutdown.cancel();
    served.release.notify_one();
    assert_eq!(text(waiting.await.unwrap().unwrap()).await, "HTTP/2.0 /wait localhost true");
    tokio::time::timeout(SOON, served.ended).await.expect("the drain ends").unwrap();
}
