//! The operations listener: liveness, readiness, metrics and what a service says of itself. Never public.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use ::http::{HeaderValue, StatusCode, header};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use problem::{Kind, Problem};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::serve::{Limits, ServeError, serve};

type Check = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// Where the services of one process register their checks, metrics and pages; cheap to clone.
#[derive(Clone)]
pub struct Ops {
    inner: Arc<Inner>,
}

struct Inner {
    version: &'static str,
    draining: CancellationToken,
    checks: RwLock<Vec<(String, Check)>>,
    metrics: Mutex<Registry>,
    pages: RwLock<Router>,
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    not_ready: Vec<NotReady>,
}

#[derive(Serialize)]
struct NotReady {
    check: String,
    reason: String,
}

#[derive(Serialize)]
struct Version {
    version: &'static str,
}

impl Ops {
    /// An empty board. From the moment `draining` is cancelled it says that this process is not ready, so that balancers
    /// send nothing new while it finishes.
    pub fn new(version: &'static str, draining: CancellationToken) -> Self {
        let inner = Inner {
            version,
            draining,
            checks: RwLock::default(),
            metrics: Mutex::new(Registry::with_prefix("lendery")),
            pages: RwLock::new(Router::new().fallback(nothing_here)),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Adds a check that has to pass before `/readyz` says yes; its error says what is missing.
    pub fn require<F>(&self, name: impl Into<String>, check: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        let check: Check = Arc::new(move || Box::pin(check()));
        let mut checks = self.inner.checks.write().unwrap_or_else(PoisonError::into_inner);
        checks.push((name.into(), check));
    }

    /// Registers metrics; they appear on `/metrics` with the prefix `lendery_`.
    pub fn metrics<T>(&self, register: impl FnOnce(&mut Registry) -> T) -> T {
        register(&mut self.inner.metrics.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds pages, by custom under `/ops/`.
    pub fn mount(&self, pages: Router) {
        let mut all = self.inner.pages.write().unwrap_or_else(PoisonError::into_inner);
        *all = std::mem::take(&mut *all).merge(pages);
    }

    /// `/readyz` alone, for a service's own listener: those who balance calls among its instances ask where they call.
    pub fn readiness(&self) -> Router {
        Router::new().route("/readyz", get(readiness)).with_state(self.clone())
    }

    /// Serves all of it until `shutdown`.
    ///
    /// # Errors
    /// When the listener fails for good.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) -> Result<(), ServeError> {
        let router = Router::new()
            .route("/livez", get(|| async { "ok\n" }))
            .route("/readyz", get(readiness))
            .route("/metrics", get(metrics))
            .route("/version", get(version))
            .fallback(page)
            .layer(map_response(as_problem))
            .with_state(self);
        serve(listener, router, Limits::default(), shutdown).await
    }

    async fn not_ready(&self) -> Vec<NotReady> {
        let checks = self.inner.checks.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut failed = Vec::new();
        if self.inner.draining.is_cancelled() {
            failed.push(NotReady { check: "process".to_owned(), reason: "it is stopping".to_owned() });
        }
        for (check, run) in checks {
            if let Err(reason) = run().await {
                failed.push(NotReady { check, reason });
            }
        }
        failed
    }
}

impl std::fmt::Debug for Ops {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ops").field("version", &self.inner.version).finish_non_exhaustive()
    }
}

async fn readiness(State(ops): State<Ops>) -> Response {
    let not_ready = ops.not_ready().await;
    let status = if not_ready.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = Readiness { ready: not_ready.is_empty(), not_ready };
    (status, Json(body)).into_response()
}

async fn metrics(State(ops): State<Ops>) -> Response {
    let mut text = String::new();
    let registry = ops.inner.metrics.lock().unwrap_or_else(PoisonError::into_inner);
    if encode(&mut text, &registry).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let content_type = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    ([(header::CONTENT_TYPE, content_type)], text).into_response()
}

async fn version(State(ops): State<Ops>) -> Json<Version> {
    Json(Version { version: ops.inner.version })
}

async fn nothing_here() -> Problem {
    Problem::because(Kind::NotFound, "The operations listener has /livez, /readyz, /metrics, /version and /ops/….")
}

/// axum's own refusal of a method has no body.
async fn as_problem(response: Response) -> Response {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    Problem::because(Kind::MethodNotAllowed, "Allow lists the methods of this page.").into_response()
}

async fn page(State(ops): State<Ops>, request: Request) -> Response {
    let pages = ops.inner.pages.read().unwrap_or_else(PoisonError::into_inner).clone();
    match pages.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
