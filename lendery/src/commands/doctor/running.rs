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
    let ops = format!("http://{ops}");
    vec![Finding::of("services", readiness(&ops).await), Finding::of("breakers", breakers(&ops).await).attention()]
}

/// Whether the process behind an operations listener takes requests.
pub(super) async fn readiness(ops: &str) -> Result<String, String> {
    let body = ask(ops, "/readyz").await?;
    if body["ready"] == true {
        return Ok(format!("ready, operations at {ops}"));
    }
    Err(format!("not ready: {}", body["not_ready"]))
}

/// Whether a process gets through to those it asks; one without breakers has none that are open.
pub(super) async fn breakers(ops: &str) -> Result<String, String> {
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
    Err(format!("{}; {ops}/ops/breakers says why", not_closed.join(", ")))
}

/// A metric without labels, if the process has it.
pub(super) async fn metric(ops: &str, name: &str) -> Option<f64> {
    let text = fetch(ops, "/metrics").await.ok()?;
    let sample = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    sample.split_whitespace().next()?.parse().ok()
}

/// The answer as JSON; null where it is none, as that of a listener without this address.
async fn ask(ops: &str, path: &str) -> Result<Value, String> {
    Ok(serde_json::from_str(&fetch(ops, path).await?).unwrap_or(Value::Null))
}

async fn fetch(ops: &str, path: &str) -> Result<String, String> {
    let url = format!("{}{path}", ops.trim_end_matches('/'));
    let http = peer::http_client(PATIENCE).map_err(|error| error.to_string())?;
    let silent = |error: reqwest::Error| format!("the process does not answer at {url}: {error}; its log says why");
    let answer = http.get(&url).timeout(PATIENCE).send().await.map_err(silent)?;
    answer.text().await.map_err(silent)
}
