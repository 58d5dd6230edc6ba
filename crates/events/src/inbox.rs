//! What a consumer has seen of a producer, in the consumer's own database.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect, TryInsertResult,
};

use crate::Event;
use crate::entity::{failed, inbox, watermark};

/// Attempts after which an event becomes a dead letter.
pub(crate) const ATTEMPTS: i32 = 5;

/// One consumer's stand with one producer.
#[derive(Debug, Clone)]
pub(crate) struct Inbox {
    pub(crate) consumer: String,
    pub(crate) producer: String,
}

/// What to do with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It is this transaction's to handle.
    Fresh,
    /// It was handled before.
    Duplicate,
    /// Others before it were not seen yet.
    Gap,
}

impl Inbox {
    /// Up to where every event was taken.
    pub(crate) async fn watermark(&self, db: &impl ConnectionTrait) -> Result<i64, DbErr> {
        Ok(self.watermark_row().one(db).await?.map_or(0, |row| row.sequence))
    }

    /// Claims an event for this transaction, and holds the watermark until it ends. With `ahead` a gap before the event is
    /// no hindrance.
    pub(crate) async fn claim(&self, tx: &DatabaseTransaction, sequence: i64, ahead: bool) -> Result<Claim, DbErr> {
        let watermark = self.hold(tx).await?;
        if sequence <= watermark {
            return Ok(Claim::Duplicate);
        }
        if sequence > watermark + 1 && !ahead {
            return Ok(Claim::Gap);
        }
        let row = inbox::ActiveModel {
            consumer: Set(self.consumer.clone()),
            producer: Set(self.producer.clone()),
            sequence: Set(sequence),
        };
        let taken = inbox::Entity::insert(row).on_conflict_do_nothing().exec_without_returning(tx).await?;
        if !matches!(taken, TryInsertResult::Inserted(1..)) {
            return Ok(Claim::Duplicate);
        }
        self.advance(tx, watermark).await?;
        Ok(Claim::Fresh)
    }

    /// Moves the watermark, because what lies between is gone for good or was never there.
    pub(crate) async fn move_to(&self, tx: &DatabaseTransaction, sequence: i64) -> Result<(), DbErr> {
        self.hold(tx).await?;
        self.set(tx, sequence).await
    }

    /// Puts an event aside that could not be handled, in a transaction that has claimed it.
    pub(crate) async fn put_aside(
        &self,
        tx: &DatabaseTransaction,
        event: &Event,
        error: &str,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        let row = failed::ActiveModel {
            consumer: Set(self.consumer.clone()),
            producer: Set(self.producer.clone()),
            sequence: Set(event.sequence),
            event: Set(serde_json::to_value(event).unwrap_or_default()),
            attempts: Set(1),
            error: Set(error.to_owned()),
            dead: Set(false),
            next_attempt_at: Set(now + pause(1)),
        };
        failed::Entity::insert(row).exec_without_returning(tx).await.map(drop)
    }

    /// An event that was put aside and is due again, held until the transaction ends.
    pub(crate) async fn due(
        &self,
        tx: &DatabaseTransaction,
        now: DateTime<Utc>,
    ) -> Result<Option<failed::Model>, DbErr> {
        let due = self.failed_rows().filter(failed::Column::Dead.eq(false));
        let due = due.filter(failed::Column::NextAttemptAt.lte(now)).order_by_asc(failed::Column::Sequence);
        due.lock_exclusive().one(tx).await
    }

    /// Takes an event off the list of those put aside.
    pub(crate) async fn settle(&self, tx: &DatabaseTransaction, sequence: i64) -> Result<(), DbErr> {
        let row = failed::Entity::delete_many().filter(failed::Column::Consumer.eq(&self.consumer));
        let row = row.filter(failed::Column::Producer.eq(&self.producer));
        row.filter(failed::Column::Sequence.eq(sequence)).exec(tx).await.map(drop)
    }

    /// Notes another failure; answers whether it was the last.
    pub(crate) async fn failed_again(
        &self,
        tx: &DatabaseTransaction,
        row: &failed::Model,
        error: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, DbErr> {
        let attempts = row.attempts + 1;
        let dead = attempts >= ATTEMPTS;
        let update = failed::Entity::update_many()
            .col_expr(failed::Column::Attempts, Expr::value(attempts))
            .col_expr(failed::Column::Error, Expr::value(error))
            .col_expr(failed::Column::Dead, Expr::value(dead))
            .col_expr(failed::Column::NextAttemptAt, Expr::value(now + pause(attempts)))
            .filter(failed::Column::Consumer.eq(&self.consumer))
            .filter(failed::Column::Producer.eq(&self.producer))
            .filter(failed::Column::Sequence.eq(row.sequence));
        update.exec(tx).await?;
        Ok(dead)
    }

    /// How many events were given up.
    pub(crate) async fn dead(&self, db: &impl ConnectionTrait) -> Result<usize, DbErr> {
        Ok(self.failed_rows().filter(failed::Column::Dead.eq(true)).all(db).await?.len())
    }

    fn failed_rows(&self) -> sea_orm::Select<failed::Entity> {
        let ours = failed::Entity::find().filter(failed::Column::Consumer.eq(&self.consumer));
        ours.filter(failed::Column::Producer.eq(&self.producer))
    }

    fn watermark_row(&self) -> sea_orm::Select<watermark::Entity> {
        watermark::Entity::find_by_id((self.consumer.clone(), self.producer.clone()))
    }

    /// Locks the watermark, making it at first, and answers it.
    async fn hold(&self, tx: &DatabaseTransaction) -> Result<i64, DbErr> {
        let first = watermark::ActiveModel {
            consumer: Set(self.consumer.clone()),
            producer: Set(self.producer.clone()),
            sequence: Set(0),
        };
        if let Some(row) = self.watermark_row().lock_exclusive().one(tx).await? {
            return Ok(row.sequence);
        }
        watermark::Entity::insert(first).on_conflict_do_nothing().exec_without_returning(tx).await?;
        Ok(self.watermark_row().lock_exclusive().one(tx).await?.map_or(0, |row| row.sequence))
    }

    /// Moves the watermark over all claims that follow it without a gap, and drops those: they say nothing any more.
    async fn advance(&self, tx: &DatabaseTransaction, watermark: i64) -> Result<(), DbErr> {
        let mine = inbox::Column::Consumer.eq(&self.consumer).and(inbox::Column::Producer.eq(&self.producer));
        let claims = inbox::Entity::find().filter(mine.clone()).order_by_asc(inbox::Column::Sequence);
        let claimed: Vec<i64> = claims.select_only().column(inbox::Column::Sequence).into_tuple().all(tx).await?;
        let reached = (watermark + 1..).zip(claimed).take_while(|(next, claimed)| next == claimed).last();
        let Some((reached, _)) = reached else { return Ok(()) };
        inbox::Entity::delete_many().filter(mine).filter(inbox::Column::Sequence.lte(reached)).exec(tx).await?;
        self.set(tx, reached).await
    }

    async fn set(&self, tx: &DatabaseTransaction, sequence: i64) -> Result<(), DbErr> {
        let row = watermark::Entity::update_many().col_expr(watermark::Column::Sequence, Expr::value(sequence));
        let row = row.filter(watermark::Column::Consumer.eq(&self.consumer));
        row.filter(watermark::Column::Producer.eq(&self.producer)).exec(tx).await.map(drop)
    }
}

/// The wait before the next attempt: 1, 2, 4, 8 seconds.
fn pause(attempts: i32) -> Duration {
    Duration::from_secs(1 << (attempts - 1).clamp(0, 3))
}
