//! Connections that are served by threads of their own.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use service_kit::serve::{Crew, Hands, Limits, serve_connections_by};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// Says which thread it runs on, now and after a pause.
async fn whereabouts(_request: Request<Incoming>) -> Result<Response<String>, Infallible> {
    let name = || std::thread::current().name().unwrap_or("-").to_owned();
    let before = name();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(before, name(), "a request stays where it is");
    Ok(Response::new(before))
}

/// The threads that so many connections are served on, after which everything has ended in order.
async fn threads(hands: Hands, connections: usize) -> BTreeSet<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, shutdown) = (listener.local_addr().unwrap(), CancellationToken::new());
    let stop = shutdown.clone();
    let serving = tokio::spawn(async move {
        serve_connections_by(&hands, listener, |_| service_fn(whereabouts), Limits::default(), stop).await
    });
    let mut streams = Vec::new();
    for _ in 0..connections {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(GET).await.unwrap();
        streams.push(stream);
    }
    let mut threads = BTreeSet::new();
    for mut stream in streams {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        threads.insert(answer.rsplit("\r\n").next().unwrap_or_default().to_owned());
    }
    shutdown.cancel();
    serving.await.unwrap().unwrap();
    threads
}

#[tokio::test]
async fn every_thread_of_a_crew_serves_its_share() {
    let crew = Crew::muster().unwrap();
    let served = threads(crew.hands(), 20).await;
    assert_eq!(served.len(), crew.runtimes().count(), "{served:?}");
    assert!(served.iter().all(|name| name.starts_with("serve-")), "{served:?}");
    tokio::task::spawn_blocking(move || drop(crew)).await.expect("its threads end");
}

#[tokio::test]
async fn without_a_crew_connections_stay_where_they_were_accepted() {
    let here = std::thread::current().name().unwrap_or("-").to_owned();
    assert_eq!(threads(Hands::default(), 5).await, BTreeSet::from([here]));
}
