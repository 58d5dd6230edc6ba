use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{DatabaseTransaction, DbErr};
use user_api::{SecurityEvent as Entry, SecurityEventId};

use super::App;
use super::keyset::{Keyset, trimmed};
use crate::db::security_events::{self, EventFilter};
use crate::domain::security_event::SecurityEvent;

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
