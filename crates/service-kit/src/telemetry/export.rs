use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use ::http::{HeaderValue, header};
use peer::HttpClient;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;
use url::Url;

use super::metrics::SpanMetrics;
use super::spans::{Ended, Recorder, is_for_collectors};
use super::wire::{self, Sender};
use crate::clock::Clock;
use crate::ops::Ops;
use crate::randomness::Randomness;

/// Spans that wait for the collector at most; as many as the batch processor of OpenTelemetry's SDKs keeps.
const QUEUE: usize = 2_048;

/// Spans in one request at most.
const BATCH: usize = 512;

/// How long a batch waits for more.
const GATHERING: Duration = Duration::from_secs(1);

/// How long a collector may take for a batch.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the last batches may take when the process ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// Where a collector takes spans over OTLP/HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collector(Url);

/// It is written in a way that leads nowhere.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no address of a collector; write it as http://host:4318, and let a collector on the same network speak TLS"
)]
pub struct ParseCollectorError(String);

impl FromStr for Collector {
    type Err = ParseCollectorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unusable = || ParseCollectorError(text.to_owned());
        let mut url = Url::parse(text).map_err(|_| unusable())?;
        let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if url.scheme() != "http" || !url.has_host() || !is_origin || !url.username().is_empty() {
            return Err(unusable());
        }
        url.set_path("/v1/traces");
        Ok(Self(url))
    }
}

impl fmt::Display for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Sends what its layer records; see [`spans`].
#[derive(Debug)]
pub struct Exporter {
    queue: Receiver<Ended>,
    metrics: SpanMetrics,
    collector: Collector,
    sender: Sender,
    http: HttpClient,
}

/// An exporter at work.
#[derive(Debug)]
pub struct Exporting {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// A layer that records spans of sampled traces, and the exporter that sends them to `collector`. The layer never waits.
pub fn spans<S>(collector: Collector, sender: Sender, http: HttpClient) -> (impl Layer<S> + Send + Sync, Exporter)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let (room, queue) = channel(QUEUE);
    let metrics = SpanMetrics::default();
    let (clock, randomness) = (Clock::system(), Randomness::system());
    let recorder = Recorder { queue: room, metrics: metrics.clone(), clock, randomness };
    let filter = filter_fn(is_for_collectors).with_max_level_hint(LevelFilter::INFO);
    (recorder.with_filter(filter), Exporter { queue, metrics, collector, sender, http })
}

impl Exporter {
    /// Begins to send, on the runtime that this runs on; what becomes of spans is counted among the metrics of `ops`.
    pub fn start(self, ops: &Ops) -> Exporting {
        ops.metrics(|registry| self.metrics.register(registry));
        let stop = CancellationToken::new();
        let task = tokio::spawn(self.run(stop.clone()));
        Exporting { stop, task }
    }

    async fn run(mut self, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut is_heard = true;
        while let Some(true) = stop.run_until_cancelled(gather(&mut self.queue, &mut batch)).await {
            self.send(&mut batch, &mut is_heard).await;
        }
        self.queue.close();
        loop {
            self.send(&mut batch, &mut is_heard).await;
            if self.queue.recv_many(&mut batch, BATCH).await == 0 {
                return;
            }
        }
    }

    /// Sends a batch once: traces are worth no memory for what a collector does not take. Tells the log when that begins, and ends.
    async fn send(&self, batch: &mut Vec<Ended>, is_heard: &mut bool) {
        if batch.is_empty() {
            return;
        }
        let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let refused = match self.post(wire::request(&self.sender, batch).to_string()).await {
            Ok(()) => {
                self.metrics.exported.inc_by(count);
                None
            }
            Err(reason) => {
                self.metrics.lost.inc_by(count);
                Some(reason)
            }
        };
        batch.clear();
        match (refused, *is_heard) {
            (Some(reason), true) => tracing::warn!(collector = %self.collector, reason, "spans are lost"),
            (None, false) => tracing::info!(collector = %self.collector, "spans are taken again"),
            _ => return,
        }
        *is_heard = !*is_heard;
    }

    /// # Errors
    /// Why it was not taken.
    async fn post(&self, body: String) -> Result<(), String> {
        let json = HeaderValue::from_static("application/json");
        let request = self.http.post(self.collector.0.clone()).header(header::CONTENT_TYPE, json);
        let answer = request.timeout(PATIENCE).body(body).send().await;
        let status = answer.map_err(|error| error.without_url().to_string())?.status();
        if status.is_success() { Ok(()) } else { Err(format!("it answered {status}")) }
    }
}

impl Exporting {
    /// Sends what is left, for as long as an end may take.
    pub async fn finish(mut self) {
        self.stop.cancel();
        match timeout(FAREWELL, &mut self.task).await {
            Ok(Ok(())) => {}
            Ok(Err(panic)) => tracing::error!(error = %panic, "the export of spans has ended early"),
            Err(_late) => self.task.abort(),
        }
    }
}

/// Waits for spans, and for more of them until the batch is full or a little time has passed. False when none will ever come.
async fn gather(queue: &mut Receiver<Ended>, batch: &mut Vec<Ended>) -> bool {
    if queue.recv_many(batch, BATCH).await == 0 {
        return false;
    }
    let whole = async { while batch.len() < BATCH && queue.recv_many(batch, BATCH - batch.len()).await > 0 {} };
    let _late = timeout(GATHERING, whole).await;
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_an_origin_over_plain_http() {
        let parsed: Collector = "http://collector:4318".parse().unwrap();
        assert_eq!(parsed.to_string(), "http://collector:4318/v1/traces");
        for odd in ["collector:4318", "https://collector", "http://a/v1/traces", "http://u@a", "grpc://a:4317", ""] {
            let error = odd.parse::<Collector>().unwrap_err().to_string();
            assert!(error.contains("http://host:4318"), "{error}");
        }
    }
}
