//! The accept loop, met with raw sockets: clients that are slow, silent, greedy or gone.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Extension;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use service_kit::serve::{ClientAddr, Deadline, Limits, deadline, limits, serve, uncancelled};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// Long enough for anything that happens at all, so that a failing test ends.
const SOON: Duration = Duration::from_secs(20);

pub(crate) struct Served {
    address: SocketAddr,
    shutdown: CancellationToken,
    ended: JoinHandle<()>,
}

pub(crate) async fn start(router: Router, limits: Limits) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let ended = tokio::spawn(async move { serve(listener, router, limits, stop).await.unwrap() });
    Served { address, shutdown, ended }
}

impl Served {
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// The whole answer to one request on a connection of its own.
    pub(crate) async fn ask(&self, head: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(head.as_bytes()).await.unwrap();
        rest(&mut stream).await
    }
}

fn hello() -> Router {
    Router::new().route("/", get(|| async { "hello" }))
}

fn impatient() -> Limits {
    Limits { head_deadline: Duration::from_millis(300), ..Limits::default() }
}

/// Everything until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is a way of closing, too.
    let _closed = tokio::time::timeout(SOON, stream.read_to_end(&mut bytes)).await.expect("the server closes");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One answer with a body of known text, on a connection that stays open.
pub(crate) async fn answer(stream: &mut TcpStream, last: &str) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 1024];
    while !bytes.ends_with(last.as_bytes()) {
        let read = tokio::time::timeout(SOON, stream.read(&mut chunk)).await.expect("an answer").unwrap();
        assert_ne!(read, 0, "closed after {:?}", String::from_utf8_lossy(&bytes));
        bytes.extend_from_slice(&chunk[..read]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const LAST_GET: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_silent_socket_is_closed() {
    let served = start(hello(), impatient()).await;
    let mut stream = served.connect().await;
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn half_sent_headers_are_closed_however_steadily_they_trickle() {
    let served = start(hello(), impatient()).await;
    let (mut reading, mut writing) = served.connect().await.into_split();
    let trickle = tokio::spawn(async move {
        writing.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        while writing.write_all(b"X-A: b\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut answer = Vec::new();
    let _closed = tokio::time::timeout(SOON, reading.read_to_end(&mut answer)).await.expect("the server closes");
    tokio::time::timeout(SOON, trickle).await.expect("writing fails").unwrap();
    assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
}

#[tokio::test]
async fn an_idle_connection_is_kept_for_the_next_request_and_closed_after_the_deadline() {
    let served = start(hello(), impatient()).await;
    let mut stream = served.connect().await;
    for _ in 0..3 {
        stream.write_all(GET.as_bytes()).await.unwrap();
        assert!(answer(&mut stream, "hello").await.starts_with("HTTP/1.1 200 OK"));
    }
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn a_thousand_slow_sockets_are_closed_and_others_do_not_notice() {
    let served = start(hello(), impatient()).await;
    let mut slow = JoinSet::new();
    for index in 0..1000 {
        let mut stream = served.connect().await;
        slow.spawn(async move {
            if index % 2 == 0 {
                stream.write_all(b"GET / HT").await.unwrap();
            }
            rest(&mut stream).await
        });
    }
    assert!(served.ask(LAST_GET).await.ends_with("hello"));
    while let Some(closed) = slow.join_next().await {
        assert!(!closed.unwrap().contains("200 OK"));
    }
}

#[tokio::test]
async fn without_a_short_deadline_a_slow_socket_stays_open() {
    let served = start(hello(), Limits::default()).await;
    let mut stream = served.connect().await;
    stream.write_all(b"GET / HT").await.unwrap();
    let closed = tokio::time::timeout(Duration::from_millis(600), stream.read_u8()).await;
    assert!(closed.is_err(), "the deadline, and nothing else, closes slow sockets");
}

#[tokio::test]
async fn at_the_cap_a_connection_waits_until_another_closes() {
    let limits = Limits { connections: 1, ..Limits::default() };
    let served = start(hello(), limits).await;
    let mut first = served.connect().await;
    first.write_all(GET.as_bytes()).await.unwrap();
    answer(&mut first, "hello").await;

    let mut second = served.connect().await;
    second.write_all(LAST_GET.as_bytes()).await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(200), second.read_u8()).await;
    assert!(early.is_err(), "served beyond the cap");
    drop(first);
    assert!(rest(&mut second).await.ends_with("hello"));
}

#[tokio::test]
async fn one_address_has_only_so_many_connections() {
    let limits = Limits { connections_per_address: Some(1), ..Limits::default() };
    let served = start(hello(), limits).await;
    let mut first = served.connect().await;
    first.write_all(GET.as_bytes()).await.unwrap();
    answer(&mut first, "hello").await;
    assert_eq!(served.ask(LAST_GET).await, "", "a second connection is closed at once");
    first.write_all(GET.as_bytes()).await.unwrap();
    answer(&mut first, "hello").await;
}

#[tokio::test]
async fn a_handler_learns_who_asks() {
    let whoami = |Extension(ClientAddr(client)): Extension<ClientAddr>| async move { client.ip().to_string() };
    let served = start(Router::new().route("/", get(whoami)), Limits::default()).await;
    assert!(served.ask(LAST_GET).await.ends_with("127.0.0.1"));
}

#[tokio::test]
async fn headers_over_a_limit_are_refused_with_431() {
    let router = hello().layer(from_fn(limits::header_fields));
    let served = start(router, Limits::default()).await;
    let is_refused = |answer: &str| answer.starts_with("HTTP/1.1 431") && answer.contains("headers_too_large");
    for fields in [80, 200] {
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{}\r\n", "X-A: b\r\n".repeat(fields));
        assert!(is_refused(&served.ask(&head).await), "{fields} header fields");
    }
    let head = format!("GET / HTTP/1.1\r\nHost: a\r\nX-A: {}\r\n\r\n", "b".repeat(40 * 1024));
    assert!(is_refused(&served.ask(&head).await), "a header of 40 KiB");
    let head = format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{}\r\n", "X-A: b\r\n".repeat(60));
    assert!(served.ask(&head).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn what_is_no_http_is_refused_with_a_problem() {
    let served = start(hello(), Limits::default()).await;
    let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(70_000));
    for odd in ["nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", &long]
    {
        let answer = served.ask(odd).await;
        assert!(answer.starts_with("HTTP/1.1 4") && answer.contains("application/problem+json"), "{odd:.40}: {answer}");
    }
}

pub(crate) async fn read_all(body: axum::body::Body) -> Result<String, problem::Problem> {
    match axum::body::to_bytes(body, usize::MAX).await {
        Ok(bytes) => Ok(bytes.len().to_string()),
        Err(error) => Err(limits::body_problem(&error, 10)),
    }
}

#[tokio::test]
async fn a_body_that_trickles_is_refused_at_its_deadline() {
    let router = Router::new().route("/", post(read_all)).layer(limits::body_deadline(Duration::from_millis(300)));
    let served = start(router, Limits::default()).await;
    let (mut reading, mut writing) = served.connect().await.into_split();
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n";
    writing.write_all(head).await.unwrap();
    tokio::spawn(async move {
        while writing.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let mut answer = [0; 12];
    tokio::time::timeout(SOON, reading.read_exact(&mut answer)).await.expect("an answer").unwrap();
    assert_eq!(&answer, b"HTTP/1.1 400");
}

/// A route that says when it began, waits to be released and counts how often it came to its end.
#[derive(Clone, Default)]
struct Work {
    begun: Arc<Notify>,
    release: Arc<Notify>,
    finished: Arc<AtomicUsize>,
    done: Arc<Notify>,
}

impl Work {
    fn router(&self) -> Router {
        let (work, reading) = (self.clone(), self.clone());
        Router::new().route("/", post(|| async move { work.run().await }).get(|| async move { reading.run().await }))
    }

    async fn run(self) -> &'static str {
        self.begun.notify_one();
        self.release.notified().await;
        self.finished.fetch_add(1, Ordering::SeqCst);
        self.done.notify_one();
        "done"
    }
}

const POST: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_mutation_comes_to_its_end_although_the_client_hung_up() {
    let work = Work::default();
    let served = start(work.router().layer(from_fn(uncancelled)), Limits::default()).await;
    let mut stream = served.connect().await;
    stream.write_all(POST.as_bytes()).await.unwrap();
    work.begun.notified().await;
    drop(stream);
    // The server has noticed the hang-up once it serves nobody: then the drain has nothing to wait for.
    served.shutdown.cancel();
    served.ended.await.unwrap();
    work.release.notify_one();
    work.done.notified().await;
    assert_eq!(work.finished.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn without_the_layer_a_hang_up_cancels_the_mutation() {
    let work = Work::default();
    let served = start(work.router(), Limits::default()).await;
    let mut stream = served.connect().await;
    stream.write_all(POST.as_bytes()).await.unwrap();
    work.begun.notified().await;
    drop(stream);
    served.shutdown.cancel();
    served.ended.await.unwrap();
    work.release.notify_one();
    assert_eq!(Arc::strong_count(&work.finished), 1, "the handler is gone with the connection");
    assert_eq!(work.finished.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_handler_beyond_its_deadline_is_answered_503_and_a_mutation_goes_on() {
    let work = Work::default();
    let router = work.router().layer(from_fn(uncancelled));
    let router = router.layer(from_fn_with_state(Deadline(Duration::from_millis(50)), deadline));
    let served = start(router, Limits::default()).await;
    let answer = served.ask(POST).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.to_lowercase().contains("retry-after: 1"), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
    work.release.notify_one();
    work.done.notified().await;
}

#[tokio::test]
async fn a_panic_is_answered_500_without_its_message() {
    async fn panics() -> &'static str {
        panic!("the secret is out")
    }
    let router = Router::new().route("/", get(panics).post(panics)).layer(from_fn(uncancelled));
    let served = start(router, Limits::default()).await;
    for request in [LAST_GET, POST] {
        let answer = served.ask(request).await;
        assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
        assert!(answer.contains("/problems/internal") && !answer.contains("secret"), "{answer}");
    }
}

#[tokio::test]
async fn draining_answers_what_has_begun_and_accepts_no_more() {
    let work = Work::default();
    let served = start(work.router(), Limits::default()).await;
    let mut idle = served.connect().await;
    let mut busy = served.connect().await;
    busy.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    work.begun.notified().await;
    served.shutdown.cancel();
    assert_eq!(rest(&mut idle).await, "", "an idle connection is closed at once");
    assert!(TcpStream::connect(served.address).await.is_err(), "nobody listens any more");
    work.release.notify_one();
    assert!(rest(&mut busy).await.ends_with("done"));
    tokio::time::timeout(SOON, served.ended).await.expect("the drain ends").unwrap();
}

#[tokio::test]
async fn a_drain_does_not_wait_longer_than_it_may() {
    let work = Work::default();
    let limits = Limits { drain: Duration::from_millis(50), ..Limits::default() };
    let served = start(work.router(), limits).await;
    let mut busy = served.connect().await;
    busy.write_all(GET.as_bytes()).await.unwrap();
    work.begun.notified().await;
    served.shutdown.cancel();
    tokio::time::timeout(SOON, served.ended).await.expect("the drain ends").unwrap();
    assert_eq!(rest(&mut busy).await, "");
}

#[tokio::test]
async fn while_lingering_connections_are_still_accepted() {
    let limits = Limits { linger: Duration::from_secs(60), ..Limits::default() };
    let served = start(hello(), limits).await;
    served.shutdown.cancel();
    let response = served.ask(LAST_GET).await.into_response();
    assert!(response.status().is_success());
}

async fn extract(
    body: Result<axum::body::Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<(), problem::Problem> {
    body.map(drop).map_err(|rejection| limits::body_problem(&rejection, 10))
}

#[tokio::test]
async fn a_body_over_its_limit_is_refused_with_413() {
    let router = Router::new().route("/", post(extract)).layer(limits::body_bytes(10));
    let served = start(router, Limits::default()).await;
    for (bytes, status) in [(10, "200"), (11, "413")] {
        let body = "x".repeat(bytes);
        let request =
            format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {bytes}\r\nConnection: close\r\n\r\n{body}");
        let answer = served.ask(&request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
    // Whoever would go on is told that nobody listens there any more.
    let kept = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n{}", "x".repeat(11));
    let answer = served.ask(&kept).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("connection: close"), "{answer}");
}
