use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderName, Method, StatusCode, header};
use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use peer::trace::{self, Recorded, TRACEPARENT};
use problem::{Kind, Problem};
use tokio::time::Instant;
use tracing::{Instrument, Span};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use vocabulary::User;

use super::context::{RequestId, X_REQUEST_ID, trace_id};
use super::precondition::none_match;
use crate::clock::Clock;
use crate::serve::{Deadline, deadline, limits, uncancelled};

/// How the routes of one service answer.
#[derive(Debug, Clone)]
pub struct RouterSettings {
    /// The service's name in logs.
    pub service: &'static str,
    /// After this a request is answered 503; a mutation that has begun goes on to its end.
    pub deadline: Duration,
    pub clock: Clock,
}

/// The routes with everything around them that the contract asks of every service, and their OpenAPI document, which is
/// also served at `/openapi.json`.
///
/// From the outside in: the request gets its id and its span; every error leaves as a problem with that id; a client that
/// has the representation gets 304; a deadline; too many header fields are refused; mutations that wait go on as tasks of their own,
/// which a hang-up does not cancel.
pub fn finish<S>(routes: OpenApiRouter<S>, state: S, settings: RouterSettings) -> (Router, OpenApi)
where
    S: Clone + Send + Sync + 'static,
{
    let (router, document) = routes.split_for_parts();
    let text: Arc<str> = document.to_json().unwrap_or_default().into();
    let deadline_layer = from_fn_with_state(Deadline(settings.deadline), deadline);
    let router = router
        .with_state(state)
        .route("/openapi.json", get(move || std::future::ready(openapi_json(&text))))
        .fallback(|| async { Problem::new(Kind::NotFound) })
        .layer(from_fn(uncancelled))
        .layer(limits::body_bytes(limits::BODY_BYTES))
        .layer(limits::body_deadline(limits::BODY_DEADLINE))
        .layer(from_fn(limits::header_fields))
        .layer(deadline_layer)
        .layer(from_fn(not_modified))
        .layer(from_fn_with_state(settings, identified));
    (router, document)
}

fn openapi_json(text: &str) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], Body::from(text.to_owned())).into_response()
}

/// Names the request, logs it once it is answered, and writes its id into the answer.
async fn identified(State(settings): State<RouterSettings>, mut request: Request, next: Next) -> Response {
    let id = RequestId::accept_or_new(request.headers(), || settings.clock.new_id::<User>().uuid());
    request.extensions_mut().insert(id.clone());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let service = settings.service;
    let span_id = || settings.clock.new_id::<User>().uuid().as_u64_pair().1;
    let given = request.headers().get(TRACEPARENT);
    let recorded = given.and_then(|given| trace::served(service, &method, &route, given, span_id));
    let recorded = recorded.map_or_else(Span::none, |Recorded { span, inside }| {
        request.headers_mut().insert(TRACEPARENT, inside.to_header());
        span
    });
    let trace_id = trace_id(request.headers());
    let span = tracing::info_span!("request", service, request_id = %id, trace_id, %method, route);
    let answered = recorded.clone();
    async move {
        let begun = Instant::now();
        let mut response = as_problem(next.run(request).await, &method, &id);
        let duration_ms = begun.elapsed().as_secs_f64() * 1e3;
        tracing::debug!(status = response.status().as_u16(), duration_ms, "answered");
        response.headers_mut().insert(X_REQUEST_ID, id.header());
        Recorded::answered(&answered, response.status());
        response
    }
    .instrument(recorded)
    .instrument(span)
    .await
}

/// The same response, with errors as problems that carry the request's id.
fn as_problem(response: Response, method: &Method, id: &RequestId) -> Response {
    let known = response.extensions().get::<Problem>().cloned();
    let Some(problem) = known.or_else(|| problem_of_axum(&response, method)) else { return response };
    let problem = if response.status() == StatusCode::PAYLOAD_TOO_LARGE { limits::closing(problem) } else { problem };
    problem.into_response_for(Some(id.as_str()))
}

/// What axum answers by itself has no problem in it.
fn problem_of_axum(response: &Response, method: &Method) -> Option<Problem> {
    match response.status() {
        // axum adds Allow itself, outside of all layers, unless there is one already.
        StatusCode::METHOD_NOT_ALLOWED => {
            let detail = format!("{method} is not one of the methods of this resource; Allow lists them.");
            Some(Problem::because(Kind::MethodNotAllowed, detail))
        }
        StatusCode::PAYLOAD_TOO_LARGE => Some(Problem::new(Kind::BodyTooLarge)),
        _ => None,
    }
}

/// Answers 304 without a body to a reader that has the representation already (RFC 9110 §13.2.2).
async fn not_modified(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = reads.then(|| request.headers().clone());
    let response = next.run(request).await;
    let Some(known) = known.filter(|_| response.status() == StatusCode::OK) else {
        return response;
    };
    match response.headers().get(header::ETAG) {
        Some(tag) if none_match(&known, tag) => without_body(response),
        _ => response,
    }
}

/// RFC 9110 §15.4.5: a 304 keeps what caches need and drops what describes the body.
fn without_body(response: Response) -> Response {
    const OF_THE_BODY: [HeaderName; 2] = [header::CONTENT_TYPE, header::CONTENT_LENGTH];
    let (mut parts, _body) = response.into_parts();
    parts.status = StatusCode::NOT_MODIFIED;
    for name in OF_THE_BODY {
        parts.headers.remove(name);
    }
    Response::from_parts(parts, Body::empty())
}
