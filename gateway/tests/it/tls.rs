//! The gateway over TLS: both versions of HTTP, and certificates that change while it runs.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Version};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::CertificateDer;
use test_kit::wait_until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{Origin, SOON, before_both, configured, connect, renew};

/// What is logged, as it is written.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

async fn http2(address: SocketAddr, trusted: &CertificateDer<'static>) -> SendRequest<Empty<Bytes>> {
    let stream = TokioIo::new(connect(address, trusted, "h2").await.expect("the certificate is trusted"));
    assert_eq!(stream.inner().get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// The body of a GET over a connection that is there already.
async fn get(sender: &mut SendRequest<Empty<Bytes>>) -> Bytes {
    let uri = "https://localhost/api/v1/items";
    let request = Request::get(uri).version(Version::HTTP_2).body(Empty::new()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!((response.status().as_u16(), response.version()), (200, Version::HTTP_2));
    response.into_body().collect().await.unwrap().to_bytes()
}

#[tokio::test]
async fn certificates_are_renewed_while_both_versions_of_http_are_served() {
    let log = Log::default();
    let lines = tracing_subscriber::fmt().with_ansi(false).with_writer(log.clone()).finish();
    let _logged = tracing::subscriber::set_default(lines);
    let directory = tempfile::tempdir().unwrap();
    let first = renew(directory.path());
    let origin = Origin::saying(&[("cache-control", "max-age=600")], "behind TLS").await;
    let mut config = before_both(&origin, &origin);
    config.tls_listen = Some("127.0.0.1:0".to_owned());
    config.tls_certificate = Some(directory.path().join("certificate.pem"));
    config.tls_key = Some(directory.path().join("key.pem"));
    let gateway = configured(config).await;
    let address = || log.text().split("tls_listen=").nth(1)?.split_whitespace().next()?.parse::<SocketAddr>().ok();
    wait_until("it serves", SOON, async || address().is_some()).await;
    let address = address().unwrap();

    let mut early = http2(address, &first).await;
    assert_eq!(get(&mut early).await, "behind TLS");
    let mut plain = connect(address, &first, "http/1.1").await.unwrap();
    plain.write_all(b"GET /api/v1/items HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    plain.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("behind TLS"), "{answer}");

    let second = renew(directory.path());
    wait_until("the new certificate is shown", SOON, async || connect(address, &second, "h2").await.is_some()).await;
    assert!(connect(address, &first, "h2").await.is_none(), "and the old one no more");
    assert_eq!(get(&mut early).await, "behind TLS", "an open connection goes on");

    std::fs::write(directory.path().join("certificate.pem"), "nonsense").unwrap();
    let told = async || log.text().contains("the new certificate cannot be used, the last one stays");
    wait_until("it is logged", SOON, told).await;
    assert_eq!(get(&mut http2(address, &second).await).await, "behind TLS", "the last good one stays");
    assert_eq!(get(&mut early).await, "behind TLS");
    let over_http = gateway.client.get("/api/v1/items").await.expect(200);
    assert_eq!(over_http.body, b"behind TLS", "the plain listener serves beside it");
}
