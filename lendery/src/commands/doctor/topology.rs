use std::path::Path;

use chrono::{DateTime, TimeDelta};
use service_kit::clock::Clock;

use super::stored::{CLOCK_SLACK, WAREHOUSE_AGE};
use super::{Finding, database, redis_cluster, running};
use crate::cli::Doctor;
use crate::data_dir::SERVICES;

/// The metric of the ETL's process that says when its last good run began, seconds since 1970.
const LAST_SUCCESS: &str = "lendery_etl_last_success_seconds";

/// Whose database is of another kind, and is filled by the first run.
const WAREHOUSE: &str = "etl";

/// Looks at the parts of a production topology that were named.
pub(super) async fn examine(named: &Doctor) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(folder) = &named.secrets {
        findings.extend(databases(folder).await);
    }
    if !named.redis.is_empty() {
        findings.extend(redis_cluster::examine(&named.redis).await);
    }
    let mut filled = None;
    for ops in &named.ops {
        findings.push(Finding::of(ops, running::readiness(ops).await));
        if let Err(open) = running::breakers(ops).await {
            findings.push(Finding::of(format!("{ops} breakers"), Err(open)).attention());
        }
        filled = filled.or(running::metric(ops, LAST_SUCCESS).await);
    }
    findings.extend(filled.map(|seconds| Finding::of("warehouse", warehouse(seconds)).attention()));
    findings
}

async fn databases(folder: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut ahead = TimeDelta::zero();
    for name in SERVICES.into_iter().chain([WAREHOUSE]) {
        let file = folder.join(format!("{name}-database-url"));
        let answer = match std::fs::read_to_string(&file) {
            Ok(url) => database::ask(url.trim()).await,
            Err(error) => Err(format!("{} cannot be read: {error}; deploy/secrets.sh writes it", file.display())),
        };
        if let Ok(found) = &answer
            && found.ahead.abs() > ahead.abs()
        {
            ahead = found.ahead;
        }
        let verdict = answer.and_then(|found| {
            if found.has_tables || name == WAREHOUSE {
                return Ok(found.text);
            }
            Err(format!("{} and has no tables; {name} makes them when it starts on it", found.text))
        });
        findings.push(Finding::of(format!("database {name}"), verdict));
    }
    findings.push(Finding::of("clock", clock(ahead)));
    findings
}

/// Tokens, holds and the warehouse's watermarks go by clocks that agree.
fn clock(ahead: TimeDelta) -> Result<String, String> {
    let slack = TimeDelta::from_std(CLOCK_SLACK).unwrap_or(TimeDelta::MAX);
    let seconds = ahead.num_seconds();
    if ahead.abs() <= slack {
        return Ok("agrees with that of PostgreSQL".to_owned());
    }
    let side = if seconds > 0 { "ahead of" } else { "behind" };
    Err(format!("this machine's clock is {} s {side} PostgreSQL's; have both follow a time server", seconds.abs()))
}

fn warehouse(last_success: f64) -> Result<String, String> {
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970, of which the fraction says nothing")]
    let last = DateTime::from_timestamp(last_success as i64, 0).unwrap_or_default();
    if last == DateTime::UNIX_EPOCH {
        return Ok("not filled since its process started".to_owned());
    }
    let text = format!("last filled {}", last.format("%F %T UTC"));
    if Clock::system().now() - last > WAREHOUSE_AGE {
        return Err(format!("{text}; `etl status` says why not since"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_ten_minutes_off_is_named() {
        assert!(clock(TimeDelta::seconds(-59)).is_ok());
        assert!(clock(TimeDelta::minutes(10)).unwrap_err().contains("600 s ahead of"));
        assert!(clock(TimeDelta::minutes(-10)).unwrap_err().contains("600 s behind"));
    }

    #[test]
    fn a_warehouse_that_is_a_day_old_needs_a_look() {
        assert!(warehouse(0.0).is_ok());
        assert!(warehouse(1e9).unwrap_err().contains("2001-09-09"));
    }
}
