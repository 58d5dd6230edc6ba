use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::Method;
use peer::Peer;
use serde::Deserialize;
use serde_json::Value;

use super::call::Call;
use super::{ApiError, Asking};

const RUNS: &str = "/api/v1/warehouse/runs";
const REPORTS: &str = "/api/v1/warehouse/reports";

/// How long a page waits for a report; less than the pages' own deadline.
const REPORT_PATIENCE: Duration = Duration::from_secs(8);

/// The warehouse's API, where there is a warehouse.
#[derive(Debug, Clone)]
pub(crate) struct Warehouse {
    peer: Option<Peer>,
}

/// The last runs, newest first, and the batch that readers see.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Status {
    pub(crate) runs: Vec<Run>,
    pub(crate) batch: Option<i64>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Run {
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) finished_at: Option<DateTime<Utc>>,
    pub(crate) outcome: String,
    pub(crate) error: Option<String>,
}

/// A report that can be asked for.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ReportName {
    pub(crate) name: String,
    pub(crate) about: String,
}

/// What a report says.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Report {
    pub(crate) about: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Value>>,
    pub(crate) truncated: bool,
}

#[derive(Debug, Deserialize)]
struct Reports {
    items: Vec<ReportName>,
}

impl Warehouse {
    pub(crate) fn new(peer: Option<Peer>) -> Self {
        Self { peer }
    }

    pub(crate) async fn status(&self, asking: &Asking) -> Result<Status, ApiError> {
        Ok(self.call(Method::GET, RUNS)?.receive(asking).await?.body)
    }

    /// Starts a run at once, or right after the one that is under way.
    pub(crate) async fn run(&self, asking: &Asking) -> Result<(), ApiError> {
        self.call(Method::POST, RUNS)?.acknowledge(asking).await.map(drop)
    }

    pub(crate) async fn reports(&self, asking: &Asking) -> Result<Vec<ReportName>, ApiError> {
        let reports: Reports = self.call(Method::GET, REPORTS)?.receive(asking).await?.body;
        Ok(reports.items)
    }

    pub(crate) async fn report(&self, name: &str, asking: &Asking) -> Result<Report, ApiError> {
        let call = self.call(Method::GET, format!("{REPORTS}/{name}"))?.patient(REPORT_PATIENCE);
        Ok(call.receive(asking).await?.body)
    }

    /// The same as CSV (RFC 4180).
    pub(crate) async fn csv(&self, name: &str, asking: &Asking) -> Result<Bytes, ApiError> {
        let call = self.call(Method::GET, format!("{REPORTS}/{name}"))?.query("format", "csv");
        call.patient(REPORT_PATIENCE).bytes(asking).await
    }

    fn call(&self, method: Method, path: impl Into<String>) -> Result<Call<'_>, ApiError> {
        let peer = self.peer.as_ref().ok_or(ApiError::Missing {
            service: "warehouse",
            reason: "no address of it is configured".to_owned(),
            retry_after: None,
            source: None,
        })?;
        Ok(Call::new(peer, "warehouse", method, path))
    }
}
