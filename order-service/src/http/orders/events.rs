use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use order_api::{OrderEvent, OrderId};
use problem::{Kind, Problem};
use service_kit::caller::{Caller, Sessions};
use service_kit::http::{NoParameters, PathId};
use tokio::sync::broadcast;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::app::{self, App};
use crate::http::AppState;
use crate::http::context::Context;
use service_kit::http::refusals::{Always, Missing, SignIn};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// How often the database is looked at although nothing rings: another instance may have changed the order.
const LOOK: Duration = Duration::from_secs(1);
/// How often a silent stream says that it is there, so that nothing between takes it for dead.
const ALIVE: Duration = Duration::from_secs(15);
/// After this a reader has to come again.
const LONGEST: Duration = Duration::from_mins(15);

/// How an order changes
///
/// Server-sent events (WHATWG HTML §9.2), each an `OrderEvent` with the order's version as its id: first those that were
/// missed after `Last-Event-ID`, then each as it comes. The stream ends when nothing more will happen; coming again is then
/// answered 204.
#[utoipa::path(
    get,
    path = "/api/v1/orders/{id}/events",
    tag = "orders",
    params(
        ("id" = uuid::Uuid, Path),
        ("Last-Event-ID" = Option<i64>, Header, description = "The id of the last event that was seen")
    ),
    security(("member" = [])),
    responses(
        (status = 200, description = "Events as they come", body = String, content_type = "text/event-stream"),
        (status = 204, description = "Nothing more will happen"),
        Always,
        SignIn,
        Missing
    )
)]
pub(crate) async fn order_events(
    State(AppState { app, sessions, shutdown, .. }): State<AppState>,
    caller: Caller,
    Context(context): Context,
    PathId(id): PathId<payment_api::Order>,
    _: NoParameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let seen = last_event_id(&headers)?;
    // Before anything is read, so that nothing is missed between.
    let news = app.news.subscribe();
    let order = app::orders::get(&app, &caller, id).await?;
    let follower = Follower {
        order: (id, order.number),
        seen,
        news,
        until: Instant::now() + LONGEST,
        written: Instant::now(),
        over: false,
        reader: Reader { sessions, caller, headers, context },
        shutdown,
        app,
    };
    let missed = app::orders::events_after(&follower.app, follower.order, seen).await?;
    if missed.is_empty() && order.is_over() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let events = unfold(follower, |mut follower| async move {
        let bytes = follower.next().await?;
        Some((Ok::<_, std::convert::Infallible>(bytes), follower))
    });
    let mut response = Response::new(Body::from_stream(events));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

/// Whoever the stream is for.
struct Reader {
    sessions: Sessions,
    /// As it was when the stream began.
    caller: Caller,
    /// With the token.
    headers: HeaderMap,
    context: HeaderMap,
}

impl Reader {
    /// Whether the token is still active and means what it meant. Without an answer it does not count.
    async fn may_go_on(&self) -> bool {
        self.sessions.caller(&self.headers, &self.context).await.is_ok_and(|now| now == self.caller)
    }
}

/// Reads an order's events out of the database, which is the truth; a broadcast in this process only says when to look, so
/// that a reader is told within a moment, and other instances' changes are found by looking once a second. At each look its
/// token is looked at as well, so that the stream of a session that was ended ends with it.
struct Follower {
    app: App,
    order: (OrderId, i64),
    seen: i64,
    news: broadcast::Receiver<OrderId>,
    until: Instant,
    written: Instant,
    over: bool,
    reader: Reader,
    shutdown: CancellationToken,
}

impl Follower {
    /// What is sent next; none at the end.
    async fn next(&mut self) -> Option<Bytes> {
        while !self.over && !self.shutdown.is_cancelled() && Instant::now() < self.until {
            if !self.reader.may_go_on().await {
                return None;
            }
            let events = match app::orders::events_after(&self.app, self.order, self.seen).await {
                Ok(events) => events,
                Err(error) => {
                    tracing::warn!(error = %error, "a stream of events is cut");
                    return None;
                }
            };
            if let Some(last) = events.last() {
                self.seen = last.version;
                self.over = is_over(last);
                self.written = Instant::now();
                return Some(events.iter().map(text).collect::<String>().into());
            }
            if self.written.elapsed() >= ALIVE {
                self.written = Instant::now();
                return Some(Bytes::from_static(b":\n\n"));
            }
            self.wait().await;
        }
        None
    }

    async fn wait(&mut self) {
        let rings = async {
            // One that lags has missed some, and looks as well.
            while let Ok(id) = self.news.recv().await {
                if id == self.order.0 {
                    return;
                }
            }
        };
        tokio::select! {
            () = self.shutdown.cancelled() => {}
            _ = timeout(LOOK, rings) => {}
        }
    }
}

fn is_over(event: &OrderEvent) -> bool {
    event.settled && event.state.is_final()
}

/// The event in the format of WHATWG HTML §9.2.6. JSON has no line breaks of its own.
fn text(event: &OrderEvent) -> String {
    let data = serde_json::to_string(event).unwrap_or_default();
    format!("id: {}\nevent: order\ndata: {data}\n\n", event.version)
}

fn last_event_id(headers: &HeaderMap) -> Result<i64, Problem> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(0) };
    let version = value.to_str().ok().and_then(|text| text.parse().ok());
    version.ok_or_else(|| {
        Problem::because(Kind::MalformedRequest, "Last-Event-ID is the id of an event that this address has sent.")
    })
}
