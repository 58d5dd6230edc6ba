use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect, Statement,
};
use service_kit::clock::Clock;
use service_kit::db::Db;
use tokio::sync::Notify;

use crate::entity::{head, outbox};
use crate::{Event, NewEvent};

/// How long events can be asked for again.
pub const KEPT: Duration = Duration::from_hours(7 * 24);

/// Most rows that one turn takes, so that no transaction is long.
const TURN: u64 = 500;

/// The events of one producer, in its database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Outbox {
    db: Db,
    producer: Arc<str>,
    written: Arc<Notify>,
}

/// A page of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) oldest: i64,
    pub(crate) head: i64,
    pub(crate) events: Vec<Event>,
}

impl Outbox {
    pub fn new(db: Db, producer: &str) -> Self {
        Self { db, producer: producer.into(), written: Arc::default() }
    }

    /// Writes an event down in the transaction of the change that it tells of. Call [`wake`](Self::wake) once that has
    /// committed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn append(&self, tx: &DatabaseTransaction, event: NewEvent) -> Result<(), DbErr> {
        self.append_all(tx, vec![event]).await
    }

    /// As [`append`](Self::append), for several in this order: as many as a statement has room for, so at most 500.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn append_all(&self, tx: &DatabaseTransaction, events: Vec<NewEvent>) -> Result<(), DbErr> {
        if events.is_empty() {
            return Ok(());
        }
        outbox::Entity::insert_many(events.into_iter().map(row_of)).exec_without_returning(tx).await.map(drop)
    }

    /// Tells the relay of this process that there is something to publish. Without it the relay finds out a little later.
    pub fn wake(&self) {
        self.written.notify_one();
    }

    /// The service whose events these are.
    pub fn producer(&self) -> &str {
        &self.producer
    }

    pub(crate) async fn woken(&self) {
        self.written.notified().await;
    }

    /// Gives the next numbers to events whose transactions, and all that began before them, are over. Answers how many.
    ///
    /// Numbers are dense and final: whoever has seen number 7 will never be told of another below it. That is why a row
    /// waits, on PostgreSQL, until no transaction is left that began before its own (`pg_snapshot_xmin`); on SQLite there
    /// is one writer, so every row this transaction sees is in the order of commits.
    pub(crate) async fn number(&self) -> Result<u64, DbErr> {
        // A look without the writer's lock: almost always there is nothing to do.
        if outbox::Entity::find().filter(outbox::Column::Sequence.is_null()).one(self.db.read()).await?.is_none() {
            return Ok(0);
        }
        self.db.while_it_lasts(self.number_in_turn()).await
    }

    async fn number_in_turn(&self) -> Result<u64, DbErr> {
        let tx = self.db.begin().await?;
        let free = LockBehavior::SkipLocked;
        let head = head::Entity::find().lock_with_behavior(LockType::Update, free).one(&tx).await?;
        // Another instance is at it.
        let Some(head) = head else { return Ok(0) };
        let numbered = number_ready(&tx, head.sequence).await?;
        if numbered > 0 {
            let last = head.sequence + i64::try_from(numbered).unwrap_or_default();
            let moved = head::Entity::update_many().col_expr(head::Column::Sequence, Expr::value(last));
            moved.exec(&tx).await?;
        }
        tx.commit().await?;
        Ok(numbered)
    }

    /// The events after `sequence`, in order, and how far back and forward there are any.
    pub(crate) async fn after(&self, sequence: i64, limit: u64) -> Result<Stretch, DbErr> {
        let db = self.db.read();
        let numbered = outbox::Entity::find().filter(outbox::Column::Sequence.is_not_null());
        let in_order = numbered.order_by_asc(outbox::Column::Sequence);
        // The head is read last: what was read before it cannot lie beyond it. And it is read first: where no event was found, only
        // those numbered before the search are gone. Counting from the last would take what was numbered meanwhile for lost.
        let gone = self.head(db).await?;
        let oldest = in_order.clone().one(db).await?.and_then(|row| row.sequence);
        let rows = in_order.filter(outbox::Column::Sequence.gt(sequence)).limit(limit).all(db).await?;
        let head = self.head(db).await?;
        let events = rows.into_iter().filter_map(|row| self.event(row)).collect();
        Ok(Stretch { oldest: oldest.unwrap_or(gone + 1), head, events })
    }

    /// The last number that was given.
    async fn head(&self, db: &impl ConnectionTrait) -> Result<i64, DbErr> {
        Ok(head::Entity::find().one(db).await?.map_or(0, |head| head.sequence))
    }

    /// The events that the bus was not told of yet, if it is for `publisher` to tell it. The right to is a lease: an
    /// instance that dies lets the next one go on, and should two overlap the bus is told twice, which is harmless.
    pub(crate) async fn unpublished(&self, publisher: uuid::Uuid, clock: &Clock) -> Result<Vec<Event>, DbErr> {
        let head = head::Entity::find().one(self.db.read()).await?;
        let Some(head) = head.filter(|head| head.published < head.sequence) else { return Ok(Vec::new()) };
        let now = clock.now();
        let half_over = now + LEASE / 2;
        if head.publisher == Some(publisher) && head.leased_until.is_some_and(|until| until > half_over) {
            return self.numbered_after(head.published).await;
        }
        let leased = self.db.while_it_lasts(self.lease(publisher, now)).await?;
        if leased { self.numbered_after(head.published).await } else { Ok(Vec::new()) }
    }

    async fn lease(&self, publisher: uuid::Uuid, now: DateTime<Utc>) -> Result<bool, DbErr> {
        let tx = self.db.begin().await?;
        let free = head::Column::Publisher.is_null().or(head::Column::Publisher.eq(publisher));
        let lease = head::Entity::update_many()
            .col_expr(head::Column::Publisher, Expr::value(publisher))
            .col_expr(head::Column::LeasedUntil, Expr::value(now + LEASE))
            .filter(free.or(head::Column::LeasedUntil.lt(now)));
        let leased = lease.exec(&tx).await?.rows_affected > 0;
        tx.commit().await?;
        Ok(leased)
    }

    async fn numbered_after(&self, sequence: i64) -> Result<Vec<Event>, DbErr> {
        let rows = outbox::Entity::find().filter(outbox::Column::Sequence.gt(sequence));
        let rows = rows.order_by_asc(outbox::Column::Sequence).limit(TURN).all(self.db.read()).await?;
        Ok(rows.into_iter().filter_map(|row| self.event(row)).collect())
    }

    /// Notes that the bus was told of everything up to `sequence`.
    pub(crate) async fn published(&self, sequence: i64) -> Result<(), DbErr> {
        let note = async {
            let tx = self.db.begin().await?;
            let moved = head::Entity::update_many().col_expr(head::Column::Published, Expr::value(sequence));
            moved.filter(head::Column::Published.lt(sequence)).exec(&tx).await?;
            tx.commit().await
        };
        self.db.while_it_lasts(note).await
    }

    /// Drops what nobody may ask for any more: older than [`KEPT`], and published.
    pub(crate) async fn prune(&self, clock: &Clock) -> Result<u64, DbErr> {
        self.db.while_it_lasts(self.drop_before(clock.now() - KEPT)).await
    }

    async fn drop_before(&self, kept: DateTime<Utc>) -> Result<u64, DbErr> {
        let tx = self.db.begin().await?;
        let published = head::Entity::find().one(&tx).await?.map_or(0, |head| head.published);
        let old = outbox::Entity::delete_many()
            .filter(outbox::Column::OccurredAt.lt(kept))
            .filter(outbox::Column::Sequence.lte(published));
        let dropped = old.exec(&tx).await?.rows_affected;
        tx.commit().await?;
        Ok(dropped)
    }

    fn event(&self, row: outbox::Model) -> Option<Event> {
        Some(Event {
            producer: self.producer.to_string(),
            sequence: row.sequence?,
            id: row.id,
            r#type: row.r#type,
            aggregate: row.aggregate,
            aggregate_id: row.aggregate_id,
            version: row.version,
            before: row.before,
            after: row.after,
            occurred_at: row.occurred_at,
        })
    }
}

fn row_of(event: NewEvent) -> outbox::ActiveModel {
    outbox::ActiveModel {
        position: NotSet,
        sequence: Set(None),
        id: Set(event.id),
        r#type: Set(event.r#type.to_owned()),
        aggregate: Set(event.aggregate.to_owned()),
        aggregate_id: Set(event.aggregate_id),
        version: Set(event.version),
        before: Set(event.before),
        after: Set(event.after),
        occurred_at: Set(event.occurred_at),
    }
}

/// Longer than a turn of publishing takes, short enough to wait for.
const LEASE: Duration = Duration::from_secs(10);

/// Numbers the rows whose turn has come, in the order in which they were written: an aggregate's row lock is held from there
/// to the commit, so of one aggregate that is the order of commits. Answers how many.
async fn number_ready(tx: &DatabaseTransaction, last: i64) -> Result<u64, DbErr> {
    let settled = match tx.get_database_backend() {
        DbBackend::Postgres => "AND tx < pg_snapshot_xmin(pg_current_snapshot())",
        _ => "",
    };
    let sql = format!(
        "UPDATE outbox SET sequence = ready.sequence
         FROM (SELECT position, {last} + row_number() OVER (ORDER BY position) AS sequence
               FROM outbox WHERE sequence IS NULL {settled} ORDER BY position LIMIT {TURN}) AS ready
         WHERE outbox.position = ready.position"
    );
    let numbered = tx.execute_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
    Ok(numbered.rows_affected())
}
