use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::SchemaManager;

/// Creates the tables of a producer; a service's migration calls it.
///
/// A row gets its `sequence` from the relay and not when it is written, because numbers given before commits have gaps
/// that may or may not close.
///
/// # Errors
/// When the database refuses.
pub async fn create_outbox(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let (position, tx, uuid, json, time) = match manager.get_database_backend() {
        DbBackend::Postgres => (
            "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            "tx xid8 NOT NULL DEFAULT pg_current_xact_id(),",
            "uuid",
            "jsonb",
            "timestamptz",
        ),
        // AUTOINCREMENT never gives a number twice, even after the newest rows were deleted.
        _ => ("integer PRIMARY KEY AUTOINCREMENT", "", "blob", "text", "text"),
    };
    let statements = format!(
        "CREATE TABLE outbox (
            position {position},
            {tx}
            sequence bigint UNIQUE,
            id {uuid} NOT NULL,
            type text NOT NULL,
            aggregate text NOT NULL,
            aggregate_id {uuid} NOT NULL,
            version bigint NOT NULL,
            before {json},
            after {json},
            occurred_at {time} NOT NULL
        );
        CREATE INDEX outbox_waiting ON outbox (position) WHERE sequence IS NULL;
        CREATE TABLE outbox_head (
            id integer PRIMARY KEY CHECK (id = 1),
            sequence bigint NOT NULL,
            published bigint NOT NULL,
            publisher {uuid},
            leased_until {time}
        );
        INSERT INTO outbox_head (id, sequence, published) VALUES (1, 0, 0);"
    );
    manager.get_connection().execute_unprepared(&statements).await.map(drop)
}

/// Creates the tables of a consumer; a service's migration calls it.
///
/// # Errors
/// When the database refuses.
pub async fn create_inbox(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let (json, time) = match manager.get_database_backend() {
        DbBackend::Postgres => ("jsonb", "timestamptz"),
        _ => ("text", "text"),
    };
    let statements = format!(
        "CREATE TABLE inbox_watermark (
            consumer text NOT NULL,
            producer text NOT NULL,
            sequence bigint NOT NULL,
            PRIMARY KEY (consumer, producer)
        );
        CREATE TABLE inbox (
            consumer text NOT NULL,
            producer text NOT NULL,
            sequence bigint NOT NULL,
            PRIMARY KEY (consumer, producer, sequence)
        );
        CREATE TABLE inbox_failed (
            consumer text NOT NULL,
            producer text NOT NULL,
            sequence bigint NOT NULL,
            event {json} NOT NULL,
            attempts integer NOT NULL,
            error text NOT NULL,
            dead boolean NOT NULL,
            next_attempt_at {time} NOT NULL,
            PRIMARY KEY (consumer, producer, sequence)
        );"
    );
    manager.get_connection().execute_unprepared(&statements).await.map(drop)
}
