use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// Connections of every load; keep-alive, one thread, so that the server has the other core.
const CONNECTIONS: u32 = 16;

/// Drives `base` with GETs of `paths` in turn for `duration` and returns how many were answered; any answer that is no
/// success is an error.
pub(crate) fn get(base: &str, paths: &[String], duration: Duration, directory: &Path) -> Result<u32> {
    let script = directory.join("paths.lua");
    fs::write(&script, lua(paths))?;
    let output = Command::new("wrk")
        .args(["--threads=1", &format!("--connections={CONNECTIONS}"), &format!("--duration={}s", duration.as_secs())])
        .arg("--script")
        .args([&script])
        .arg(base)
        .output()
        .context("wrk does not run: `apt-get install wrk`")?;
    ensure!(output.status.success(), "wrk: {}", String::from_utf8_lossy(&output.stderr));
    answered(&String::from_utf8_lossy(&output.stdout))
}

/// A script for wrk that asks for each path in turn. Requests are formatted once, after wrk knows the Host header.
fn lua(paths: &[String]) -> String {
    let mut script = String::from("local requests, last = {}, 0\nfunction init()\n");
    for path in paths {
        // A path has been percent-encoded, so it contains neither quotes nor backslashes.
        let _ = writeln!(script, "  requests[#requests + 1] = wrk.format('GET', '{path}')");
    }
    script + "end\nfunction request()\n  last = last % #requests + 1\n  return requests[last]\nend\n"
}

fn answered(report: &str) -> Result<u32> {
    if let Some(line) = report.lines().map(str::trim).find(|line| is_complaint(line)) {
        bail!("the load did not go through: {line}");
    }
    let count = report.lines().find_map(|line| line.split_once(" requests in")?.0.trim().parse().ok());
    count.with_context(|| format!("wrk's report has no count: {report}"))
}

fn is_complaint(line: &str) -> bool {
    line.starts_with("Non-2xx") || line.starts_with("Socket errors")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_from_the_report() {
        let report = "Running 1s test\n  Latency 1ms\n  91234 requests in 1.00s, 4.00MB read\nRequests/sec: 91234.00\n";
        assert_eq!(answered(report).unwrap(), 91_234);
    }

    #[test]
    fn refused_requests_are_no_figure() {
        let report = "  10 requests in 1.00s, 4.00MB read\n  Non-2xx or 3xx responses: 10\n";
        assert!(answered(report).unwrap_err().to_string().contains("Non-2xx"));
        assert!(answered("").is_err());
    }
}
