//! What operators see of the gateway, and the purge.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use peer::Peer;
use peer::balance::UpstreamSnapshot;
use peer::breaker::BreakerSnapshot;
use problem::{Kind, Problem};
use serde::{Deserialize, Serialize};
use service_kit::http::JsonBody;

use crate::cache::{Cache, Fill, Force, Purge};

#[derive(Clone)]
struct Board {
    cache: Arc<Cache>,
    peers: Arc<[Peer]>,
}

#[derive(Serialize)]
struct CacheFill {
    #[serde(flatten)]
    fill: Fill,
    fetches: usize,
    /// Whether responses are shared with other gateways at the moment; null where there is no Redis Cluster.
    shared: Option<bool>,
}

/// Exactly one of `groups`, `prefix` and `all`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PurgeRequest {
    /// Whether the responses are dropped at once. Otherwise they are stale: asked for again, and still there if that fails.
    #[serde(default)]
    hard: bool,
    groups: Option<Vec<String>>,
    prefix: Option<String>,
    all: Option<bool>,
}

#[derive(Serialize)]
struct Purged {
    /// Addresses whose stored responses were dropped or made stale in this process; other gateways do the same.
    addresses: usize,
}

/// `/ops/breakers`, `/ops/upstreams`, `/ops/cache` and `POST /ops/cache/purge`.
pub(crate) fn router(cache: Arc<Cache>, peers: Arc<[Peer]>) -> Router {
    Router::new()
        .route("/ops/breakers", get(breakers))
        .route("/ops/upstreams", get(upstreams))
        .route("/ops/cache", get(fill))
        .route("/ops/cache/purge", post(purge))
        .with_state(Board { cache, peers })
}

async fn breakers(State(board): State<Board>) -> Json<Vec<BreakerSnapshot>> {
    let nodes = board.cache.shared.iter().flat_map(|shared| shared.breakers());
    Json(board.peers.iter().map(|peer| peer.breaker().snapshot()).chain(nodes).collect())
}

async fn upstreams(State(board): State<Board>) -> Json<Vec<UpstreamSnapshot>> {
    Json(board.peers.iter().map(Peer::snapshot).collect())
}

async fn fill(State(board): State<Board>) -> Json<CacheFill> {
    let shared = board.cache.shared.as_ref().map(|shared| shared.is_in_step());
    Json(CacheFill { fill: board.cache.store.fill(), fetches: board.cache.fetches(), shared })
}

async fn purge(State(board): State<Board>, request: JsonBody<PurgeRequest>) -> Result<Json<Purged>, Problem> {
    let PurgeRequest { hard, groups, prefix, all } = request.value;
    let purges: Vec<Purge> = match (groups, prefix, all) {
        (Some(groups), None, None) => groups.into_iter().map(|group| Purge::Group(Arc::from(group))).collect(),
        (None, Some(prefix), None) => vec![Purge::Prefix(prefix)],
        (None, None, Some(true)) => vec![Purge::All],
        _ => {
            let detail = "Name one of `groups` (a list), `prefix` (a path) and `all` (true).";
            return Err(Problem::because(Kind::MalformedRequest, detail));
        }
    };
    let addresses = board.cache.purge(purges, if hard { Force::Hard } else { Force::Soft }).await;
    tracing::info!(addresses, hard, "cache purged by an operator");
    Ok(Json(Purged { addresses }))
}
