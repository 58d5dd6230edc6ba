//! Removing changes that every warehouse has read long ago.
//!
//! Changes carry no time. So each day leaves a mark among them: a row of no table, with `op` `M`, and as its key the time in
//! seconds since 1970. What is below a mark of [`KEPT`] ago is removed, but for the newest of it, by which a reader knows a
//! database again in which little has happened since. It is removed up to a mark, so a reader that finds marks above its watermark
//! and none below it may have missed something, and any other has not.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::db::Db;

/// How long a change stays. A warehouse that has not read it by then reads its table whole.
pub const KEPT: TimeDelta = TimeDelta::days(30);

/// Of the changes that are old enough, so many of the newest stay.
const NEWEST: u32 = 100;

/// From one mark to the next.
const DAY: TimeDelta = TimeDelta::days(1);

/// How often it is looked whether a day is over: few processes live for one.
const LOOK: Duration = Duration::from_hours(1);

/// Rows that are removed in one transaction.
const AT_ONCE: u64 = 10_000;

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
    let order = Order::of(db);
    if !mark(db, order, now).await? {
        return Ok(0);
    }
    let Some(cut) = text(db.read(), cut(order, now)).await? else { return Ok(0) };
    // The lowest first: whoever reads meanwhile misses the marks before the changes. A few at a time, for writers wait.
    let some = format!(
        "DELETE FROM etl_change WHERE seq IN
            (SELECT seq FROM etl_change WHERE {0} < {1} ORDER BY {0}, seq LIMIT {AT_ONCE})",
        order.column,
        order.literal(&cut)
    );
    let mut removed = 0;
    loop {
        let tx = db.begin().await?;
        let rows = tx.execute_unprepared(&some).await?.rows_affected();
        tx.commit().await?;
        removed += rows;
        if rows < AT_ONCE {
            return Ok(removed);
        }
    }
}

/// By what the changes in a database are ordered.
#[derive(Debug, Clone, Copy)]
struct Order {
    column: &'static str,
    /// Which of them are comparable.
    here: &'static str,
}

impl Order {
    fn of(db: &Db) -> Self {
        match db.backend() {
            // In a database that was filled from another cluster's dump, those that were made here.
            DbBackend::Postgres => Self { column: "tx", here: "age(xmin) <= age(tx::xid)" },
            _ => Self { column: "seq", here: "true" },
        }
    }

    fn literal(self, number: &str) -> String {
        if self.column == "tx" { format!("'{number}'::xid8") } else { number.to_owned() }
    }
}

/// Sets the day's mark; not if there is one. Before the first one another is set below everything: nothing was removed yet.
async fn mark(db: &Db, order: Order, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let Order { column, here } = order;
    let tx = db.begin().await?;
    let sql = format!("SELECT pk AS found FROM etl_change WHERE op = 'M' AND {here} ORDER BY {column} DESC LIMIT 1");
    let last = text(&tx, sql).await?;
    let at = last.as_ref().and_then(|seconds| DateTime::from_timestamp(seconds.parse().ok()?, 0));
    // One that a clock has dated ahead is not of this day.
    if at.is_some_and(|at| (now - at).abs() < DAY) {
        return Ok(false);
    }
    if last.is_none() {
        let bottom = order.literal("0");
        let sql = format!("INSERT INTO etl_change ({column}, tbl, pk, op) VALUES ({bottom}, '', '0', 'M')");
        tx.execute_unprepared(&sql).await?;
    }
    let sql = format!("INSERT INTO etl_change (tbl, pk, op) VALUES ('', '{}', 'M')", now.timestamp());
    tx.execute_unprepared(&sql).await?;
    tx.commit().await?;
    Ok(true)
}

/// The query of where to cut: at the last mark that leaves the newest of the changes below the one of [`KEPT`] ago. Nothing where
/// there is no such mark.
fn cut(Order { column, here }: Order, now: DateTime<Utc>) -> String {
    // The cast is asked of marks alone, whatever the planner thinks.
    let is_old = format!("CASE op WHEN 'M' THEN CAST(pk AS bigint) <= {} END", (now - KEPT).timestamp());
    format!(
        "WITH old AS (SELECT max({column}) AS mark FROM etl_change WHERE {is_old} AND {here}),
            newest AS (
                SELECT {column} AS at FROM etl_change
                WHERE op <> 'M' AND {here} AND {column} < (SELECT mark FROM old) ORDER BY {column} DESC LIMIT {NEWEST}
            )
        SELECT CAST(max({column}) AS text) AS found FROM etl_change
        WHERE op = 'M' AND {here} AND {column} <= coalesce((SELECT min(at) FROM newest), (SELECT mark FROM old))"
    )
}

/// The one text that a query finds, if it finds any.
async fn text(db: &impl ConnectionTrait, sql: String) -> Result<Option<String>, DbErr> {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    row.map_or(Ok(None), |row| row.try_get_by("found"))
}
