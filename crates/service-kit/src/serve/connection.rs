use std::convert::Infallible;
use std::error::Error;
use std::pin::pin;

use axum::body::HttpBody;
use futures_util::TryFutureExt;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::Limits;
use super::answering::Answering;
use super::lingering::LingeringClose;
use super::patience::Patience;
use super::refusal::Refusals;
use super::stall::StallGuard;

/// The smallest buffer hyper accepts, bytes.
const SMALLEST_BUFFER: usize = 8192;

/// Serves one connection until it ends, or until the answer in the making is out after `closing` was cancelled.
pub(super) fn serve<T, S, B>(
    stream: T,
    service: S,
    limits: &Limits,
    closing: CancellationToken,
) -> impl Future<Output = ()> + Send + use<T, S, B>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
    S::Future: Send + 'static,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let guarded = StallGuard::new(stream, limits.write_stall);
    let answering = Answering::default();
    let io = TokioIo::new(Refusals::new(LingeringClose::new(guarded, closing.clone()), answering.clone()));
    let service = service_fn(move |request| {
        let answer = answering.begin();
        // The body takes it along to its end.
        let told = move |body: B| {
            body.map_err(move |error| {
                let _under_way = &answer;
                error
            })
        };
        service.call(request).map_ok(|response| response.map(told))
    });
    let connection = Builder::new()
        .timer(Patience::default())
        .header_read_timeout(limits.head_deadline)
        .max_header_size(limits.head_bytes)
        .max_buf_size(limits.head_bytes.max(SMALLEST_BUFFER) * 2)
        .serve_connection(io, service);
    async move {
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            biased;
            ended = &mut connection => ended,
            () = closing.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            // Clients hang up, time out and talk nonsense all day; none of it is this service's fault.
            tracing::debug!(error = %error, cause = error.source(), "connection ended early");
        }
    }
}
