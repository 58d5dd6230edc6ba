use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use super::Finding;
use crate::data_dir::{DataDir, Endpoints};

/// The operations listener is on this machine; it answers at once or is in trouble.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the running process says of itself, if there is one.
pub(super) async fn examine(data_dir: &DataDir) -> Vec<Finding> {
    if let Ok(Some(_free)) = data_dir.try_lock() {
        return vec![Finding::of("services", Ok("not running; `lendery up` starts them".to_owned()))];
    }
    let Some(ops) = Endpoints::read(data_dir).and_then(|endpoints| endpoints.ops) else {
        let text = "a process is starting, or a command is at work; ask again in a moment";
        return vec![Finding::of("services", Err(text.to_owned()))];
    };
    vec![Finding::of("services", readiness(ops).await), Finding::of("breakers", breakers(ops).await).attention()]
}

async fn readiness(ops: SocketAddr) -> Result<String, String> {
    let body = ask(ops, "/readyz").await?;
    if body["ready"] == true {
        return Ok(format!("ready, operations at http://{ops}"));
    }
    Err(format!("not ready: {}", body["not_ready"]))
}

async fn breakers(ops: SocketAddr) -> Result<String, String> {
    let body = ask(ops, "/ops/breakers").await?;
    let breakers = body.as_array().map(Vec::as_slice).unwrap_or_default();
    let not_closed: Vec<_> = breakers
        .iter()
        .filter(|breaker| breaker["state"] != "closed")
        .filter_map(|breaker| Some(format!("{} is {}", breaker["name"].as_str()?, breaker["state"].as_str()?)))
        .collect();
    if not_closed.is_empty() {
        return Ok(format!("all {} closed", breakers.len()));
    }
    Err(format!("{}; http://{ops}/ops/breakers says why", not_closed.join(", ")))
}

async fn ask(ops: SocketAddr, path: &str) -> Result<Value, String> {
    let url = format!("http://{ops}{path}");
    let http = peer::http_client(PATIENCE).map_err(|error| error.to_string())?;
    let silent = |error: reqwest::Error| format!("the running process does not answer at {url}: {error}; restart it");
    let answer = http.get(&url).timeout(PATIENCE).send().await.map_err(silent)?;
    answer.json().await.map_err(silent)
}
