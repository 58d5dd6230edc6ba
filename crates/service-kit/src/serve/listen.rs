use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::HttpBody;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::Service;

use super::addresses::Place;
use super::backoff::{AcceptFailure, Backoff};
use super::caps::Counted;
use super::crew::Hands;
use super::{ClientAddr, Limits, ServeError, TurnedAway, connection};

/// Serves HTTP/1.1 until `shutdown` is cancelled and every request that had begun is answered, or the drain is over.
/// `service` is cloned for each request and has to be ready always, as an `axum::Router` is.
///
/// # Errors
/// When the listening socket is unusable.
pub async fn serve<S, B>(
    listener: TcpListener,
    service: S,
    limits: Limits,
    shutdown: CancellationToken,
) -> Result<(), ServeError>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let per_connection = move |client: SocketAddr| {
        let service = service.clone();
        service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ClientAddr(client));
            service.clone().call(request)
        })
    };
    serve_connections(listener, per_connection, limits, shutdown).await
}

/// As [`serve`], with a service made for each connection: for those who count what a request costs.
///
/// # Errors
/// When the listening socket is unusable.
pub async fn serve_connections<F, S, B>(
    listener: TcpListener,
    service_for: F,
    limits: Limits,
    shutdown: CancellationToken,
) -> Result<(), ServeError>
where
    F: Fn(SocketAddr) -> S,
    S: hyper::service::Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
    S::Future: Send + 'static,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    serve_connections_by(&Hands::default(), listener, service_for, limits, shutdown).await
}

/// As [`serve_connections`], by the threads of a [`Crew`](super::Crew). One door lets all of them in, so that caps stay exact,
/// and each gets as many as any other, which the kernel's `SO_REUSEPORT` does not promise of a few.
///
/// # Errors
/// When the listening socket is unusable.
pub async fn serve_connections_by<F, S, B>(
    hands: &Hands,
    listener: TcpListener,
    service_for: F,
    limits: Limits,
    shutdown: CancellationToken,
) -> Result<(), ServeError>
where
    F: Fn(SocketAddr) -> S,
    S: hyper::service::Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
    S::Future: Send + 'static,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let serve_one = |stream, client, closing| {
        let (service, limits) = (service_for(client), limits.clone());
        async move {
            match at_home(stream) {
                Ok(stream) => connection::serve(stream, service, &limits, closing).await,
                Err(error) => tracing::debug!(error = %error, "connection gone before it was served"),
            }
        }
    };
    accept_loop(hands, listener, &limits, shutdown, serve_one).await
}

/// The same connection, looked after by the scheduler that this runs on.
pub(super) fn at_home(stream: std::net::TcpStream) -> io::Result<TcpStream> {
    TcpStream::from_std(stream)
}

/// Lets connections in and has each of them served by `serve_one`, which ends early once its token is cancelled.
pub(super) async fn accept_loop<F, C>(
    hands: &Hands,
    listener: TcpListener,
    limits: &Limits,
    shutdown: CancellationToken,
    serve_one: F,
) -> Result<(), ServeError>
where
    F: Fn(std::net::TcpStream, SocketAddr, CancellationToken) -> C,
    C: Future<Output = ()> + Send + 'static,
{
    let closing = CancellationToken::new();
    let mut connections = JoinSet::new();
    let mut door = Door::new(listener, limits);
    let linger = async {
        shutdown.cancelled().await;
        tokio::time::sleep(limits.linger).await;
    };
    tokio::pin!(linger);
    let ended = loop {
        tokio::select! {
            biased;
            () = &mut linger => break Ok(()),
            Some(_) = connections.join_next() => {}
            admitted = door.admit() => match admitted {
                Ok(Some((stream, client, guards))) => {
                    let Ok(stream) = stream.into_std() else { continue };
                    // A child of its own: all connections look at theirs at every step, and one lock for all would be in the way.
                    let served = serve_one(stream, client, closing.child_token());
                    let served = async move {
                        served.await;
                        drop(guards);
                    };
                    match hands.next() {
                        Some(thread) => connections.spawn_on(served, thread),
                        None => connections.spawn(served),
                    };
                }
                Ok(None) => {}
                Err(error) => break Err(error),
            },
        }
    };
    drop(door);
    closing.cancel();
    drain(connections, limits).await;
    ended
}

async fn drain(mut connections: JoinSet<()>, limits: &Limits) {
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.drain, all).await.is_err() {
        tracing::warn!(connections = connections.len(), "drain is over, closing what is still open");
        connections.shutdown().await;
    }
}

/// Lets connections in, as many as the limits allow.
struct Door {
    listener: TcpListener,
    counted: Counted,
    /// Accepted, but there is no room yet. It is taken before there is, because other listeners may share the room: none of
    /// them keeps a place for somebody who may never come.
    waiting: Option<(TcpStream, SocketAddr, Place)>,
    backoff: Backoff,
    turned_away: TurnedAway,
}

impl Door {
    fn new(listener: TcpListener, limits: &Limits) -> Self {
        Self {
            listener,
            counted: limits.caps.counted(limits),
            waiting: None,
            backoff: Backoff::default(),
            turned_away: limits.turned_away.clone(),
        }
    }

    /// The next connection with what has to be held as long as it is open, or none when this one was not let in.
    /// Dropping the future loses no connection.
    async fn admit(&mut self) -> Result<Option<(TcpStream, SocketAddr, impl Send + use<>)>, ServeError> {
        if self.waiting.is_none() {
            self.waiting = self.accept().await?;
        }
        if self.waiting.is_none() {
            return Ok(None);
        }
        let permit = match Arc::clone(&self.counted.room).try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(_full) => {
                self.turned_away.full.inc();
                // The semaphore is never closed, so there is always a permit in the end.
                Arc::clone(&self.counted.room).acquire_owned().await.ok()
            }
        };
        Ok(self.waiting.take().map(|(stream, client, place)| (stream, client, (permit, place))))
    }

    /// The next connection whose address may have one more, or none when this one may not.
    async fn accept(&mut self) -> Result<Option<(TcpStream, SocketAddr, Place)>, ServeError> {
        self.backoff.wait().await;
        match self.listener.accept().await {
            Ok((stream, client)) => {
                self.backoff.reset();
                let Some(place) = self.counted.addresses.enter(client.ip()) else {
                    self.turned_away.refused.inc();
                    tracing::debug!(client = %client, "connection refused: its address has too many");
                    return Ok(None);
                };
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(error = %error, "connection gone before it was served");
                    return Ok(None);
                }
                Ok(Some((stream, client, place)))
            }
            Err(error) => match AcceptFailure::of(&error) {
                AcceptFailure::OfOneConnection => Ok(None),
                AcceptFailure::OutOfResources => {
                    self.backoff.failed(&error);
                    Ok(None)
                }
                AcceptFailure::OfTheListener => Err(ServeError::Accept(error)),
            },
        }
    }
}
