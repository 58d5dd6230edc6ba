//! Removing changes that every warehouse has read long ago.
//!
//! Changes carry no time. So each day leaves a mark among them: a row of no table, with `op` `M`, and as its key the time in
//! seconds since 1970. What is below a mark of [`KEPT`] ago is removed, but for the newest changes, by which a reader knows a
//! database again in which little has happened since. A reader that finds marks above its watermark and none below it may have
//! missed something.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::db::Db;

/// How long a change stays. A warehouse that has not read it by then reads its table whole.
pub const KEPT: TimeDelta = TimeDelta::days(30);

/// The newest changes stay however old they are.
const NEWEST: u32 = 100;

/// From one mark to the next.
const DAY: TimeDelta = TimeDelta::days(1);

/// How often it is looked whether a day is over: few processes live for one.
const LOOK: Duration = Duration::from_hours(1);

/// Of a database that was filled from another cluster's dump, the changes made here, whose transactions are comparable.
const HERE: &str = "age(xmin) <= age(tx::xid)";

/// Removes old changes once a day until `shutdown`, however many instances do so.
pub async fn keep_trimmed(db: Db, clock: Clock, shutdown: CancellationToken) {
    let mut turns = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = turns.tick() => {}
        }
        match db.while_it_lasts(trim(&db, clock.now())).await {
            Ok(changes) => tracing::debug!(changes, "old changes removed"),
            Err(error) => tracing::warn!(error = %error, "old changes not removed, trying again in an hour"),
        }
    }
}

/// Unless that was done within the last day, sets a mark and removes what is below one of [`KEPT`] ago. Returns how many rows were
/// removed, former marks among them.
///
/// # Errors
/// When the database refuses.
pub async fn trim(db: &Db, now: DateTime<Utc>) -> Result<u64, DbErr> {
    let tx = db.begin().await?;
    let is_postgres = tx.get_database_backend() == DbBackend::Postgres;
    let (order, here) = if is_postgres { ("tx", HERE) } else { ("seq", "true") };
    let last = format!("SELECT pk FROM etl_change WHERE op = 'M' AND {here} ORDER BY {order} DESC LIMIT 1");
    if last_mark(&tx, &last).await?.is_some_and(|last| now - last < DAY) {
        return Ok(0);
    }
    let mark = format!("INSERT INTO etl_change (tbl, pk, op) VALUES ('', '{}', 'M')", now.timestamp());
    tx.execute_unprepared(&mark).await?;
    // The cast is asked of marks alone, whatever the planner thinks.
    let old = format!("CASE op WHEN 'M' THEN CAST(pk AS bigint) <= {} END", (now - KEPT).timestamp());
    let sql = format!(
        "DELETE FROM etl_change WHERE {order} < (SELECT max({order}) FROM etl_change WHERE {old} AND {here})
            AND {order} < (SELECT min({order}) FROM
                (SELECT {order} FROM etl_change WHERE op <> 'M' AND {here} ORDER BY {order} DESC LIMIT {NEWEST}) AS newest)"
    );
    let removed = tx.execute_unprepared(&sql).await?.rows_affected();
    tx.commit().await?;
    Ok(removed)
}

async fn last_mark(tx: &DatabaseTransaction, sql: &str) -> Result<Option<DateTime<Utc>>, DbErr> {
    let row = tx.query_one_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
    let seconds: Option<String> = row.map(|row| row.try_get_by("pk")).transpose()?;
    Ok(seconds.and_then(|seconds| DateTime::from_timestamp(seconds.parse().ok()?, 0)))
}
