//! The change table that the warehouse reads: which rows changed, written by triggers in the transaction of the change.
//!
//! The table holds keys, and images only of the columns whose history must not be missed between two runs. A reader on
//! PostgreSQL takes the half-open interval of `tx` below the oldest transaction still running (`pg_snapshot_xmin`), because
//! sequence numbers are given before commits; on SQLite, with its one writer, `seq` is in the order of commits.

mod trim;

pub use trim::{KEPT, keep_trimmed, trim};

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::SchemaManager;

/// A column as the change table writes it down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// A UUID, written hyphenated and in lower case on both databases.
    Uuid(&'static str),
    /// Text or a number, written as it is.
    Plain(&'static str),
}

/// A table whose changes are recorded.
#[derive(Debug, Clone, Copy)]
pub struct Tracked<'a> {
    pub table: &'static str,
    pub key: Column,
    /// The columns whose every value is kept; none of them may be personal data.
    pub image: &'a [Column],
}

/// Creates `etl_change(seq, tx, tbl, pk, op, image)`. `op` is `I`, `U`, `D`, or `T` for a truncated table; `M` marks
/// a day, see [`keep_trimmed`].
///
/// # Errors
/// When the database refuses.
pub async fn install(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let statements = match manager.get_database_backend() {
        DbBackend::Postgres => {
            "CREATE TABLE etl_change (
                seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
                tbl text NOT NULL,
                pk text NOT NULL,
                op text NOT NULL,
                image jsonb
            );
            CREATE INDEX etl_change_tx ON etl_change (tx);"
        }
        _ => {
            // AUTOINCREMENT never gives a number twice, even after the newest rows were deleted.
            "CREATE TABLE etl_change (
                seq integer PRIMARY KEY AUTOINCREMENT,
                tx integer,
                tbl text NOT NULL,
                pk text NOT NULL,
                op text NOT NULL,
                image text
            );"
        }
    };
    manager.get_connection().execute_unprepared(statements).await.map(drop)
}

/// Records every later change of a table. On SQLite this relies on `recursive_triggers`, without which
/// `INSERT OR REPLACE` deletes in silence.
///
/// # Errors
/// When the database refuses.
pub async fn track(manager: &SchemaManager<'_>, tracked: Tracked<'_>) -> Result<(), DbErr> {
    let statements = match manager.get_database_backend() {
        DbBackend::Postgres => postgres_triggers(tracked),
        _ => sqlite_triggers(tracked),
    };
    manager.get_connection().execute_unprepared(&statements).await.map(drop)
}

/// Statement-level triggers with transition tables: one insert for a bulk change, at a tenth of a row trigger's cost.
fn postgres_triggers(Tracked { table, key, image }: Tracked<'_>) -> String {
    let key = key.name();
    let pairs: Vec<_> = image.iter().map(|column| format!("'{0}', n.{0}", column.name())).collect();
    let image = if pairs.is_empty() { "NULL".to_owned() } else { format!("jsonb_build_object({})", pairs.join(", ")) };
    format!(
        "CREATE FUNCTION etl_capture_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                INSERT INTO etl_change (tbl, pk, op, image) SELECT '{table}', n.{key}::text, 'I', {image} FROM new_rows n;
            ELSIF TG_OP = 'UPDATE' THEN
                INSERT INTO etl_change (tbl, pk, op) SELECT '{table}', o.{key}::text, 'D' FROM old_rows o
                    WHERE NOT EXISTS (SELECT 1 FROM new_rows n WHERE n.{key} = o.{key});
                INSERT INTO etl_change (tbl, pk, op, image) SELECT '{table}', n.{key}::text,
                    CASE WHEN EXISTS (SELECT 1 FROM old_rows o WHERE o.{key} = n.{key}) THEN 'U' ELSE 'I' END, {image}
                    FROM new_rows n;
            ELSIF TG_OP = 'DELETE' THEN
                INSERT INTO etl_change (tbl, pk, op) SELECT '{table}', o.{key}::text, 'D' FROM old_rows o;
            ELSE
                INSERT INTO etl_change (tbl, pk, op) VALUES ('{table}', '', 'T');
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER etl_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION etl_capture_{table}();
        CREATE TRIGGER etl_update AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION etl_capture_{table}();
        CREATE TRIGGER etl_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows
            FOR EACH STATEMENT EXECUTE FUNCTION etl_capture_{table}();
        CREATE TRIGGER etl_truncate AFTER TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION etl_capture_{table}();"
    )
}

fn sqlite_triggers(Tracked { table, key, image }: Tracked<'_>) -> String {
    let column = key.name();
    let (old, new) = (key.in_sqlite("OLD"), key.in_sqlite("NEW"));
    let pairs: Vec<_> =
        image.iter().map(|column| format!("'{}', {}", column.name(), column.in_sqlite("NEW"))).collect();
    let image = if pairs.is_empty() { "NULL".to_owned() } else { format!("json_object({})", pairs.join(", ")) };
    let record = |pk: &str, op: &str, image: &str| {
        format!("INSERT INTO etl_change (tbl, pk, op, image) VALUES ('{table}', {pk}, '{op}', {image});")
    };
    format!(
        "CREATE TRIGGER etl_insert_{table} AFTER INSERT ON {table} BEGIN {inserted} END;
        CREATE TRIGGER etl_delete_{table} AFTER DELETE ON {table} BEGIN {deleted} END;
        CREATE TRIGGER etl_update_{table} AFTER UPDATE ON {table} WHEN OLD.{column} IS NEW.{column} BEGIN {updated} END;
        CREATE TRIGGER etl_rekey_{table} AFTER UPDATE ON {table} WHEN OLD.{column} IS NOT NEW.{column}
            BEGIN {deleted} {inserted} END;",
        inserted = record(&new, "I", &image),
        deleted = record(&old, "D", "NULL"),
        updated = record(&new, "U", &image),
    )
}

impl Column {
    fn name(self) -> &'static str {
        match self {
            Self::Uuid(name) | Self::Plain(name) => name,
        }
    }

    /// The value of this column in the trigger's row `row`. SQLite keeps UUIDs as 16 bytes.
    fn in_sqlite(self, row: &str) -> String {
        let name = self.name();
        match self {
            Self::Plain(_) => format!("{row}.{name}"),
            Self::Uuid(_) => {
                let hex = format!("lower(hex({row}.{name}))");
                let part = |from: u8, length: u8| format!("substr({hex}, {from}, {length})");
                let parts = [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)];
                format!("CASE WHEN {row}.{name} IS NULL THEN NULL ELSE {} END", parts.join(" || '-' || "))
            }
        }
    }
}
