use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{DatabaseTransaction, DbErr};
use user_api::{SecurityEvent as Entry, SecurityEventId, SecurityEventKind as Kind};

use super::App;
use super::keyset::{Keyset, trimmed};
use super::refusals::Refused;
use super::throttle::{Guess, Throttled};
use crate::db::security_events::{self, EventFilter};
use crate::domain::security_event::{Actor, SecurityEvent};

impl App {
    /// A page of the audit trail, newest first.
    pub(crate) async fn security_events(
        &self,
        filter: EventFilter,
        keyset: Keyset<SecurityEventId>,
    ) -> Result<(Vec<Entry>, Option<SecurityEventId>), DbErr> {
        let page = security_events::page(self.db.read(), filter, keyset.before, keyset.limit + 1).await?;
        Ok(trimmed(page, keyset.limit, |event| event.id))
    }

    /// Deletes events that are older than they are kept. Answers how many.
    pub(crate) async fn purge_events(&self, kept: TimeDelta) -> Result<u64, DbErr> {
        let tx = self.db.begin().await?;
        let purged = security_events::purge(&tx, self.clock.now() - kept).await?;
        tx.commit().await?;
        Ok(purged)
    }

    /// Lets an attempt from this address pass as [`Throttle::admit_address`](super::Throttle::admit_address) does, and counts
    /// it for the audit trail if it does not.
    pub(super) fn admit_address(&self, guess: Guess<'_>) -> Result<(), Throttled> {
        let now = self.clock.now();
        let admitted = self.throttle.admit_address(guess, now);
        if let (Err(_), Some(address)) = (&admitted, guess.address) {
            self.refusals.count(address, now);
        }
        admitted
    }

    /// Writes down how often addresses were refused, each once its minute is over or when it is the `last` time.
    pub(crate) async fn record_refusals(&self, last: bool) -> Result<(), DbErr> {
        let now = self.clock.now();
        let refused = self.refusals.take(now, last);
        if refused.is_empty() {
            return Ok(());
        }
        let recorded = self.insert_refusals(&refused, now).await;
        recorded.inspect_err(|_| self.refusals.put_back(refused))
    }

    async fn insert_refusals(&self, refused: &[Refused], now: DateTime<Utc>) -> Result<(), DbErr> {
        let tx = self.db.begin().await?;
        for Refused { address, attempts, .. } in refused {
            let origin = Actor { address: *address, ..Actor::NOBODY };
            let event = origin.did_to_nobody(Kind::LoginFailed).note(format!("throttled_address {attempts}"));
            self.record(&tx, event, now).await?;
        }
        tx.commit().await
    }

    /// Adds to the audit trail, in the transaction of what it tells of.
    pub(super) async fn record(
        &self,
        tx: &DatabaseTransaction,
        event: SecurityEvent,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        security_events::insert(tx, self.clock.new_id(), event, now).await
    }
}
