use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// What came of a load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Report {
    pub(super) requests: f64,
    pub(super) p99_ms: f64,
}

/// A request that is sent again and again.
#[derive(Debug, Clone)]
pub(super) struct Load {
    pub(super) url: String,
    /// Statements of Lua that shape the request; empty for a GET.
    pub(super) script: String,
    pub(super) connections: u32,
}

impl Load {
    /// The request by which a service asks about this token.
    pub(super) fn of_validations(base: &str, secret: &str, token: &str, connections: u32) -> Self {
        // Neither a secret nor a token holds quotes or backslashes.
        let script = format!(
            "wrk.method = 'POST'\nwrk.body = '{{\"token\":\"{token}\"}}'\n\
             wrk.headers['content-type'] = 'application/json'\nwrk.headers['authorization'] = 'Bearer {secret}'\n"
        );
        Self { url: format!("{base}/internal/v1/validate-token"), script, connections }
    }

    /// Sends it over keep-alive connections, from one thread. An answer that is no success is an error.
    pub(super) fn run(&self, duration: Duration, directory: &Path) -> Result<Report> {
        let script = directory.join("identity.lua");
        fs::write(&script, &self.script)?;
        let output = Command::new("wrk")
            .args(["--threads=1", "--latency", &format!("--connections={}", self.connections)])
            .arg(format!("--duration={}s", duration.as_secs().max(1)))
            .arg("--script")
            .args([&script])
            .arg(&self.url)
            .output()
            .context("wrk does not run: `apt-get install wrk`")?;
        ensure!(output.status.success(), "wrk: {}", String::from_utf8_lossy(&output.stderr));
        parse(&String::from_utf8_lossy(&output.stdout))
    }
}

fn parse(report: &str) -> Result<Report> {
    let complaint = report.lines().find(|line| line.contains("Non-2xx") || line.contains("Socket errors"));
    ensure!(complaint.is_none(), "the load did not go through: {}", complaint.unwrap_or_default().trim());
    let requests = report.lines().find_map(|line| line.split_once(" requests in")?.0.trim().parse().ok());
    let p99 = report.lines().find_map(|line| milliseconds(line.trim().strip_prefix("99%")?.trim()));
    let requests = requests.with_context(|| format!("wrk's report has no count: {report}"))?;
    Ok(Report { requests, p99_ms: p99.with_context(|| format!("wrk's report has no p99: {report}"))? })
}

/// As wrk writes times: `635.00us`, `1.20ms`, `1.05s`.
fn milliseconds(text: &str) -> Option<f64> {
    let (number, factor) = [("us", 1e-3), ("ms", 1.0), ("s", 1e3)]
        .iter()
        .find_map(|(unit, factor)| text.strip_suffix(unit).map(|number| (number, factor)))?;
    Some(number.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn count_and_latency_are_read_from_the_report() {
        let report =
            "  Latency Distribution\n     50%  635.00us\n     99%    1.20ms\n  500 requests in 1.00s, 1MB read\n";
        assert_eq!(parse(report).unwrap(), Report { requests: 500.0, p99_ms: 1.2 });
        assert_eq!(milliseconds("250.00us"), Some(0.25));
        assert_eq!(milliseconds("1.50s"), Some(1500.0));
        assert_eq!(milliseconds("soon"), None);
    }

    #[test]
    fn refused_requests_are_no_figure() {
        let report = "     99%    1.20ms\n  10 requests in 1.00s, 4.00MB read\n  Non-2xx or 3xx responses: 10\n";
        assert!(parse(report).unwrap_err().to_string().contains("Non-2xx"));
    }
}
