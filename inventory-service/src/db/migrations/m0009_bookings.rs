use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{text, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid};

/// No two bookings of a unit overlap while both block: <https://www.postgresql.org/docs/current/ddl-constraints.html>, the
/// part on exclusion. The extension is trusted: who owns the database may install it.
const POSTGRES: &str = "
    CREATE EXTENSION IF NOT EXISTS btree_gist;
    ALTER TABLE bookings ADD CONSTRAINT bookings_no_overlap
        EXCLUDE USING gist (unit_id WITH =, tstzrange(starts_at, blocked_until) WITH &&)
        WHERE (state IN ('held', 'confirmed', 'checked_out'));
    CREATE INDEX bookings_of_item ON bookings (item_id) WHERE state IN ('held', 'confirmed', 'checked_out');";

/// The same for SQLite, which has no such constraint. Times are compared as text, so only the one way of writing them is
/// let in: in UTC, with the offset written out.
const SQLITE: &str = "
    CREATE INDEX bookings_of_unit ON bookings (unit_id, blocked_until)
        WHERE state IN ('held', 'confirmed', 'checked_out');
    CREATE INDEX bookings_of_item ON bookings (item_id) WHERE state IN ('held', 'confirmed', 'checked_out');
    CREATE TRIGGER bookings_insert BEFORE INSERT ON bookings
        WHEN NEW.state IN ('held', 'confirmed', 'checked_out') AND EXISTS (
            SELECT 1 FROM bookings AS other
            WHERE other.unit_id = NEW.unit_id AND other.state IN ('held', 'confirmed', 'checked_out')
                AND other.blocked_until > NEW.starts_at AND other.starts_at < NEW.blocked_until
        )
        BEGIN SELECT RAISE(ABORT, 'bookings_no_overlap'); END;
    CREATE TRIGGER bookings_update BEFORE UPDATE ON bookings
        WHEN NEW.state IN ('held', 'confirmed', 'checked_out') AND EXISTS (
            SELECT 1 FROM bookings AS other
            WHERE other.unit_id = NEW.unit_id AND other.state IN ('held', 'confirmed', 'checked_out')
                AND other.blocked_until > NEW.starts_at AND other.starts_at < NEW.blocked_until
                AND other.rowid <> OLD.rowid
        )
        BEGIN SELECT RAISE(ABORT, 'bookings_no_overlap'); END;";

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let on_postgres = manager.get_database_backend() == DbBackend::Postgres;
        let mut table = Table::create();
        table
            .table("bookings")
            .col(uuid("reservation_id"))
            .col(uuid("unit_id"))
            .col(uuid("item_id"))
            .col(timestamp_with_time_zone("starts_at"))
            .col(timestamp_with_time_zone("blocked_until"))
            .col(text("state"))
            .col(timestamp_with_time_zone_null("expires_at"))
            .primary_key(Index::create().col("reservation_id").col("unit_id"))
            .check(Expr::cust("starts_at < blocked_until"))
            .foreign_key(ForeignKey::create().from("bookings", "reservation_id").to("reservations", "id"))
            .foreign_key(ForeignKey::create().from("bookings", "unit_id").to("units", "id"));
        if !on_postgres {
            for column in ["starts_at", "blocked_until"] {
                table.check(Expr::cust(format!("{column} GLOB '????-??-??T??:??:??*+00:00'")));
            }
        }
        manager.create_table(table).await?;
        let rules = if on_postgres { POSTGRES } else { SQLITE };
        manager.get_connection().execute_unprepared(rules).await.map(drop)
    }
}
