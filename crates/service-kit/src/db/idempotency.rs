//! Requests that may be sent twice: the `Idempotency-Key` of draft-ietf-httpapi-idempotency-key-header.
//!
//! The answer is stored in the transaction of the effect, so either both are there or neither is. A row belongs to one
//! caller and one operation; nobody learns of another's keys.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ColumnDef, Index, OnConflict, Table};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseTransaction, DbBackend, Statement};
use sea_orm_migration::SchemaManager;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How long an answer is kept for replay.
const KEPT: TimeDelta = TimeDelta::hours(24);

/// One in so many answers drops what has expired: seldom enough to cost nothing, and often enough that it never is much.
const PRUNED_BY: u8 = 32;

/// One request that carries a key.
#[derive(Debug, Clone)]
pub struct KeyedRequest {
    /// The caller's id, or the service's own for internal calls.
    pub caller: Uuid,
    /// Method and route, such as `POST /items`.
    pub operation: &'static str,
    pub key: String,
    /// Of the body as it was received.
    pub body_sha256: [u8; 32],
}

impl KeyedRequest {
    pub fn new(caller: Uuid, operation: &'static str, key: String, body: &[u8]) -> Self {
        Self { caller, operation, key, body_sha256: Sha256::digest(body).into() }
    }

    /// Names the row: one caller, one operation, one key.
    fn row_id(&self) -> Vec<u8> {
        let mut hash = Sha256::new();
        for part in [self.caller.as_bytes().as_slice(), self.operation.as_bytes(), self.key.as_bytes()] {
            // Lengths keep two different splits of the same bytes apart.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().to_vec()
    }
}

/// An answer as it was given the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    pub status: u16,
    /// Header names and values that belong to the answer (`Location`, `ETag` …).
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// What a key says of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Never seen: do the work, then [`keep`] the answer in the same transaction.
    Fresh,
    /// Done before: give this answer again.
    Replay(StoredAnswer),
    /// Another transaction works on it at this moment.
    InFlight,
    /// The key came with another body.
    OtherBody,
}

/// Looks the key up, and holds it until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn claim(tx: &DatabaseTransaction, request: &KeyedRequest, now: DateTime<Utc>) -> Result<Claim, DbErr> {
    let id = request.row_id();
    let is_held = hold(tx, &id).await?;
    // Whoever has it may only be about to tell what was done before.
    Ok(match known(tx, id, request, now).await? {
        Claim::Fresh if !is_held => Claim::InFlight,
        known => known,
    })
}

/// As [`claim`] without holding the key: who is told `Fresh` has to claim it before anything is done.
///
/// # Errors
/// When the database fails.
pub async fn look(db: &impl ConnectionTrait, request: &KeyedRequest, now: DateTime<Utc>) -> Result<Claim, DbErr> {
    known(db, request.row_id(), request, now).await
}

async fn known(
    db: &impl ConnectionTrait,
    id: Vec<u8>,
    request: &KeyedRequest,
    now: DateTime<Utc>,
) -> Result<Claim, DbErr> {
    let row = Entity::find_by_id(id).one(db).await?.filter(|row| row.created_at > now - KEPT);
    Ok(match row {
        None => Claim::Fresh,
        Some(row) if row.body_sha256 != request.body_sha256 => Claim::OtherBody,
        Some(row) => Claim::Replay(StoredAnswer {
            status: u16::try_from(row.status).unwrap_or(500),
            headers: serde_json::from_value(row.headers).unwrap_or_default(),
            body: row.body,
        }),
    })
}

/// Stores the answer of a fresh request in the transaction of its effect, and now and then drops rows that have expired.
///
/// # Errors
/// When the database fails.
pub async fn keep(
    tx: &DatabaseTransaction,
    request: &KeyedRequest,
    answer: &StoredAnswer,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let id = request.row_id();
    if id.first().is_some_and(|byte| byte % PRUNED_BY == 0) {
        Entity::delete_many().filter(Column::CreatedAt.lte(now - KEPT)).exec(tx).await?;
    }
    let row = ActiveModel {
        id: Set(id),
        body_sha256: Set(request.body_sha256.to_vec()),
        status: Set(i32::from(answer.status)),
        headers: Set(serde_json::to_value(&answer.headers).unwrap_or_default()),
        body: Set(answer.body.clone()),
        created_at: Set(now),
    };
    // One that has expired under this id may still be there.
    let over = [Column::BodySha256, Column::Status, Column::Headers, Column::Body, Column::CreatedAt];
    let replaced = OnConflict::column(Column::Id).update_columns(over).to_owned();
    Entity::insert(row).on_conflict(replaced).exec_without_returning(tx).await.map(drop)
}

/// Creates the table; a service's migration calls it.
///
/// # Errors
/// When the database refuses.
pub async fn create_table(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = |column: Column| ColumnDef::new(column).not_null().to_owned();
    let table = Table::create()
        .table(Entity)
        .col(required(Column::Id).binary().primary_key())
        .col(required(Column::BodySha256).binary())
        .col(required(Column::Status).integer())
        .col(required(Column::Headers).json_binary())
        .col(required(Column::Body).binary())
        .col(required(Column::CreatedAt).timestamp_with_time_zone())
        .to_owned();
    manager.create_table(table).await?;
    let by_age = Index::create().name("idempotency_created_at").table(Entity).col(Column::CreatedAt).to_owned();
    manager.create_index(by_age).await
}

/// Takes the key for this transaction. SQLite has one writer, so there is nobody to wait for; on PostgreSQL an advisory
/// lock says at once whether another transaction has it.
async fn hold(tx: &DatabaseTransaction, id: &[u8]) -> Result<bool, DbErr> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(true);
    }
    let lock = id.first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes));
    let sql = "SELECT pg_try_advisory_xact_lock($1)";
    let taken = tx.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [lock.into()])).await?;
    taken.map_or(Ok(false), |row| row.try_get_by_index(0))
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Vec<u8>,
    body_sha256: Vec<u8>,
    status: i32,
    headers: Json,
    body: Vec<u8>,
    created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
