//! The gateway's own pages: where to begin, the API reference, and what each problem means. They need nothing from
//! elsewhere, neither scripts nor fonts.

mod docs;
mod html;
mod landing;
mod openapi;
mod problems;
mod schema;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderName, HeaderValue, Method, header};
use peer::Peer;
use problem::{Kind, Problem};

use html::Page;
use openapi::Reference;

/// Where the pages' one style sheet is.
const STYLE: &str = "/assets/gateway.css";

/// Whether a path belongs to the gateway even where a route takes everything. The root does not: it is only a beginning.
pub(crate) fn own(path: &str) -> bool {
    matches!(path, "/docs" | "/openapi.json" | "/problems" | STYLE) || path.starts_with("/problems/")
}

/// The pages, with a reference of what these upstreams document.
pub(crate) fn router(documented: Vec<Peer>) -> Router {
    let reference = Arc::new(Reference::new(documented));
    Router::new()
        .route("/", get(|| async { landing::page() }))
        .route("/docs", get(docs))
        .route("/openapi.json", get(openapi_json))
        .route("/problems", get(|| async { problems::index() }))
        .route("/problems/{slug}", get(problems::page))
        .route(STYLE, get(style))
        .with_state(reference)
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(|| async { Problem::new(Kind::NotFound) })
        .layer(from_fn(secured))
}

async fn docs(State(reference): State<Arc<Reference>>) -> Page {
    docs::page(&*reference.document().await)
}

async fn openapi_json(State(reference): State<Arc<Reference>>) -> Response {
    let text = reference.document().await.to_string();
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}

async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, include_str!("pages/gateway.css"))
}

async fn method_not_allowed(method: Method) -> Problem {
    Problem::method_not_allowed(&HeaderValue::from_static("GET, HEAD"), &method)
}

/// Lets a page load its style sheet from here, and nothing else from anywhere.
async fn secured(request: Request, next: Next) -> Response {
    const POLICY: &str =
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    const HEADERS: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    let mut response = next.run(request).await;
    response.headers_mut().extend(HEADERS);
    response
}
