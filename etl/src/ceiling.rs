//! How long a source's oldest writing transaction keeps runs from what came after it.

use chrono::{DateTime, Utc};

use crate::EtlError;
use crate::extract::Snapshot;
use crate::meters::Meters;
use crate::runs::Runs;
use crate::source::Source;

/// From which age on, in seconds, an open transaction is worth a warning: a forgotten one, rather than a slow one.
const WORTH_A_WARNING: f64 = 300.0;

/// Measures it, as far as it can be known: what the server says of the transaction's age, which it tells only to roles that may
/// read all statistics, or since when runs have met the same transaction.
pub(crate) async fn watch(
    runs: &Runs,
    meters: &Meters,
    source: Source,
    snapshot: &mut Snapshot,
    now: DateTime<Utc>,
) -> Result<(), EtlError> {
    let told = snapshot.held_up_for(source).await?;
    let name = format!("ceiling/{}", source.name);
    let mut seconds = 0.0;
    if let Some(told) = told {
        let met = met_since(runs, &name, snapshot.watermark(), now).await?;
        seconds = f64::max(told, (now - met).as_seconds_f64());
    } else {
        runs.keep(&name, "").await?;
    }
    meters.held_up(source, seconds);
    if seconds >= WORTH_A_WARNING {
        let source = source.name;
        tracing::warn!(
            source,
            age_seconds = seconds,
            "a writing transaction is still open, so nothing that came after it can be copied; end it or its session \
             (pg_stat_activity shows it)"
        );
    }
    Ok(())
}

/// When a run first met this watermark with a transaction holding it.
async fn met_since(runs: &Runs, name: &str, watermark: i64, now: DateTime<Utc>) -> Result<DateTime<Utc>, EtlError> {
    let kept = runs.kept(name).await?.unwrap_or_default();
    let known = kept.split_once(' ').filter(|(number, _)| *number == watermark.to_string());
    if let Some(since) = known.and_then(|(_, since)| since.parse().ok()) {
        return Ok(since);
    }
    runs.keep(name, &format!("{watermark} {}", now.to_rfc3339())).await?;
    Ok(now)
}
