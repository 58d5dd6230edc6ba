use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// One load: so many keep-alive connections for so long. One thread, so that the server has the other core.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) connections: u32,
    pub(super) duration: Duration,
}

/// What came of a load.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    pub(super) requests: u32,
    pub(super) seconds: f64,
    /// Milliseconds within which 99 % of the answers came.
    pub(super) p99: f64,
    /// What did not go through, in wrk's own words: connections that broke, answers that were no success.
    pub(super) complaint: Option<String>,
}

impl Outcome {
    pub(super) fn per_second(&self) -> f64 {
        f64::from(self.requests) / self.seconds
    }

    /// One connection that breaks among many thousands of requests is no reason to measure nothing; more than one in a
    /// thousand is no figure.
    ///
    /// # Errors
    /// When so many requests did not go through.
    pub(super) fn sound(self, server: &str) -> Result<Self> {
        let complaint = self.complaint.as_deref().unwrap_or_default();
        // Counts stand at the end of a part: `Socket errors: connect 0, read 1`, `Non-2xx or 3xx responses: 10`.
        let parts = complaint.split([',', ';']).filter_map(|part| part.rsplit(' ').next()?.parse::<u32>().ok());
        let faults: u32 = parts.sum();
        ensure!(faults <= self.requests / 1_000, "many requests to {server} did not go through: {complaint}");
        Ok(self)
    }
}

/// GETs of `base` and `path`, to which a number from 0 to `addresses` is added if there are several.
pub(super) fn get(base: &str, path: &str, addresses: u32, load: Load, directory: &Path) -> Result<Outcome> {
    let script = directory.join("gateway.lua");
    fs::write(&script, lua(path, addresses))?;
    let output = Command::new("wrk")
        .args(["--threads=1", "--latency", &format!("--connections={}", load.connections)])
        .arg(format!("--duration={}s", load.duration.as_secs().max(1)))
        .arg("--script")
        .args([&script])
        .arg(base)
        .output()
        .context("wrk does not run: `apt-get install wrk`")?;
    ensure!(output.status.success(), "wrk: {}", String::from_utf8_lossy(&output.stderr));
    read(&String::from_utf8_lossy(&output.stdout))
}

/// Addresses are asked for in turn, so that each is asked for as often as any other.
fn lua(path: &str, addresses: u32) -> String {
    if addresses <= 1 {
        return format!("wrk.path = '{path}'\n");
    }
    format!(
        "local n = 0\nfunction request()\n  n = (n + 1) % {addresses}\n  return wrk.format('GET', '{path}?n=' .. n)\nend\n"
    )
}

fn read(report: &str) -> Result<Outcome> {
    let is_complaint = |line: &&str| line.starts_with("Non-2xx") || line.starts_with("Socket errors");
    let complaints: Vec<_> = report.lines().map(str::trim).filter(is_complaint).collect();
    let complaint = (!complaints.is_empty()).then(|| complaints.join("; "));
    let counts = report.lines().find_map(|line| {
        let (requests, rest) = line.trim().split_once(" requests in ")?;
        let seconds = milliseconds(rest.split_once(',')?.0)? / 1e3;
        Some((requests.parse().ok()?, seconds))
    });
    let p99 = report.lines().find_map(|line| milliseconds(line.trim().strip_prefix("99%")?.trim()));
    let (requests, seconds) = counts.with_context(|| format!("wrk's report has no count: {report}"))?;
    let p99 = p99.with_context(|| format!("wrk's report has no latency: {report}"))?;
    Ok(Outcome { requests, seconds, p99, complaint })
}

/// A time as wrk writes it: `1.20us`, `3.04ms`, `4.00s` or `1.50m`.
fn milliseconds(text: &str) -> Option<f64> {
    let units = [("us", 1e-3), ("ms", 1.0), ("s", 1e3), ("m", 60e3)];
    units.into_iter().find_map(|(unit, factor)| Some(text.strip_suffix(unit)?.parse::<f64>().ok()? * factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_of_wrk_is_read() {
        let report =
            "  Latency Distribution\n     50%  500.00us\n     99%    1.25ms\n  1000 requests in 2.00s, 4.00MB read\n";
        let whole = Outcome { requests: 1000, seconds: 2.0, p99: 1.25, complaint: None };
        assert_eq!(read(report).unwrap().sound("us").unwrap(), whole);
        let broken = read(&format!("{report}  Socket errors: connect 0, read 1, write 0, timeout 0\n")).unwrap();
        assert!(broken.complaint.as_deref().is_some_and(|complaint| complaint.contains("read 1")));
        assert!(broken.sound("us").is_ok(), "one of a thousand");
        let broken = read(&format!("{report}  Socket errors: connect 0, read 4, write 0, timeout 0\n")).unwrap();
        assert!(broken.sound("us").is_err());
        let refused = read(&format!("{report}  Non-2xx or 3xx responses: 10\n")).unwrap();
        assert!(refused.sound("us").is_err());
        assert!(read("").is_err());
    }

    #[test]
    fn times_have_units() {
        for (text, expected) in [("250.00us", 0.25), ("3.00ms", 3.0), ("2.00s", 2000.0)] {
            assert!((milliseconds(text).unwrap() - expected).abs() < 1e-9, "{text}");
        }
        assert_eq!(milliseconds("fast"), None);
    }
}
