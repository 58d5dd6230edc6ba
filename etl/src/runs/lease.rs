use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use service_kit::clock::Clock;
use tokio::time::Instant;

use super::store::{Bind, Store};
use super::{Runs, time};
use crate::EtlError;

/// How often one that waits for the lease looks again.
const LOOK: Duration = Duration::from_millis(500);

/// A lease that lasts so much longer than one does was taken while a clock was ahead, and is void.
const AHEAD: TimeDelta = TimeDelta::days(1);

/// The right to run, over all instances: a row that is taken only by compare and set, and free again once its time is up.
///
/// Two instances whose clocks differ by more than the lease could both hold it; then the second commit of a table finds
/// that the first was there, because watermark and rows are one commit.
#[derive(Debug)]
pub(crate) struct Lease {
    store: Store,
    clock: Clock,
    holder: String,
    seconds: u32,
}

/// Marks the id of a lease's holder.
enum Holder {}

impl Lease {
    /// Takes the lease, waiting as long as a holder that has died would keep it, or says who has it.
    pub(crate) async fn wait(runs: &Runs, clock: &Clock, seconds: u32) -> Result<Self, EtlError> {
        let until = Instant::now() + Duration::from_secs(u64::from(seconds)) + LOOK * 2;
        loop {
            match Self::take(runs, clock, seconds).await {
                Err(EtlError::UnderWay { .. }) if Instant::now() < until => tokio::time::sleep(LOOK).await,
                taken_or_not => return taken_or_not,
            }
        }
    }

    /// Takes the lease, or says who has it.
    async fn take(runs: &Runs, clock: &Clock, seconds: u32) -> Result<Self, EtlError> {
        let holder = format!("process {} ({})", std::process::id(), clock.new_id::<Holder>());
        let lease = Self { store: runs.store.clone(), clock: clock.clone(), holder, seconds };
        let sql = "INSERT INTO etl_lease (name, holder, expires_at) VALUES ('run', $1, $2)
                   ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
                   WHERE etl_lease.expires_at <= $3 OR etl_lease.expires_at > $4";
        let now = clock.now();
        let binds = [lease.end(now), now, lease.end(now) + AHEAD].map(Bind::from);
        let binds = [vec![Bind::from(&lease.holder)], binds.to_vec()].concat();
        let taken = lease.store.execute(sql, &binds).await?;
        if taken == 1 { Ok(lease) } else { Err(lease.held_by_another(now).await?) }
    }

    /// Renews the lease until it cannot, and says why.
    pub(crate) async fn keep(&self) -> EtlError {
        loop {
            tokio::time::sleep(Duration::from_secs(u64::from(self.seconds)) / 3).await;
            if let Err(error) = self.renew().await {
                return error;
            }
        }
    }

    /// Gives the lease back.
    pub(crate) async fn release(self) -> Result<(), EtlError> {
        let sql = "DELETE FROM etl_lease WHERE name = 'run' AND holder = $1";
        self.store.execute(sql, &[Bind::from(&self.holder)]).await.map(drop)
    }

    /// Makes it last again from now on.
    ///
    /// # Errors
    /// [`EtlError::LeaseLost`] when somebody else has it.
    pub(crate) async fn renew(&self) -> Result<(), EtlError> {
        let sql = "UPDATE etl_lease SET expires_at = $1 WHERE name = 'run' AND holder = $2";
        let binds = [Bind::from(self.end(self.clock.now())), Bind::from(&self.holder)];
        if self.store.execute(sql, &binds).await? == 1 { Ok(()) } else { Err(EtlError::LeaseLost) }
    }

    async fn held_by_another(&self, now: DateTime<Utc>) -> Result<EtlError, EtlError> {
        let sql = "SELECT holder, expires_at FROM etl_lease WHERE name = 'run'";
        let row: Option<(String, i64)> = self.store.rows(sql, &[]).await?.into_iter().next();
        // None if it was given back between the two statements.
        let (holder, until) = row.unwrap_or(("another process".to_owned(), now.timestamp_micros()));
        Ok(EtlError::UnderWay { holder, until: time(until) })
    }

    fn end(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now + TimeDelta::seconds(i64::from(self.seconds))
    }
}
