use std::path::PathBuf;

use migrate_db::{MoveError, Moved, Settings, Source, State, Step, Target, transfer};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection, Executor as _, PgConnection, SqliteConnection};
use test_kit::{Engine, TestDatabase};

/// Small, so that every table takes several transactions.
pub(crate) const SETTINGS: Settings<'static> =
    Settings { made_at_start: &["keys"], left_behind: &["notes"], batch_rows: 2 };

const SQLITE: &str = "
    PRAGMA journal_mode = WAL;
    CREATE TABLE seaql_migrations (version text PRIMARY KEY, applied_at bigint NOT NULL);
    INSERT INTO seaql_migrations VALUES ('m1', 7);
    CREATE TABLE keys (kid text PRIMARY KEY);
    CREATE TABLE things (
        id blob PRIMARY KEY, parent blob REFERENCES things (id), name text, doubled integer AS (amount * 2), amount integer,
        share real, fine boolean NOT NULL, made_at text NOT NULL, more text, bytes blob
    );
    CREATE TABLE parts (seq integer PRIMARY KEY AUTOINCREMENT, thing blob NOT NULL REFERENCES things (id), label text);
    CREATE TABLE notes (seq integer PRIMARY KEY AUTOINCREMENT);
    CREATE TABLE numbers (id integer PRIMARY KEY, last integer NOT NULL);
    INSERT INTO numbers VALUES (1, 41);
    CREATE VIRTUAL TABLE words USING fts5(label);";

const POSTGRES: &str = "
    CREATE TABLE seaql_migrations (version text PRIMARY KEY, applied_at bigint NOT NULL);
    INSERT INTO seaql_migrations VALUES ('m1', 8);
    CREATE TABLE keys (kid text PRIMARY KEY);
    CREATE TABLE things (
        id uuid PRIMARY KEY, parent uuid REFERENCES things (id), name text, amount bigint,
        doubled bigint GENERATED ALWAYS AS (amount * 2) STORED, share double precision, fine boolean NOT NULL,
        made_at timestamptz NOT NULL, more jsonb, bytes bytea
    );
    CREATE TABLE parts (
        seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, thing uuid NOT NULL REFERENCES things (id), label text,
        tx xid8 NOT NULL DEFAULT pg_current_xact_id()
    );
    CREATE TABLE notes (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
    CREATE SEQUENCE numbers;
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO notes DEFAULT VALUES; RETURN NULL; END $$;
    CREATE TRIGGER note AFTER INSERT ON parts FOR EACH ROW EXECUTE FUNCTION note();
    INSERT INTO keys VALUES ('made at the first start');";

/// Five things, of which the first has a parent that comes later, and six parts, of which one is gone.
const ROWS: &str = r#"
    INSERT INTO keys VALUES ('the one that signs');
    INSERT INTO things (id, parent, name, amount, share, fine, made_at, more, bytes) VALUES
        (x'00000000000000000000000000000001', NULL, 'it''s "a" \ name; ü', -3, 0.1, 1,
            '2026-11-21T21:54:15.123456789+00:00', '{"b":1.0,"a":[null,"x"]}', x'00ff'),
        (x'00000000000000000000000000000002', NULL, '', 4611686018427387903, 1e300, 0, '2026-11-21T21:54:15+00:00', '[]', x''),
        (x'00000000000000000000000000000003', NULL, NULL, NULL, NULL, 0, '2026-01-01T00:00:00.5+00:00', NULL, NULL),
        (x'00000000000000000000000000000004', NULL, 'null', 0, 5, 1, '1999-12-31T23:59:59+00:00', '"x"', x'5c78'),
        (x'00000000000000000000000000000005', NULL, '{}', 1, -0.5, 1, '2026-11-21T21:54:15+00:00', '0.25', NULL);
    UPDATE things SET parent = x'00000000000000000000000000000005' WHERE id = x'00000000000000000000000000000001';
    INSERT INTO parts (thing, label) SELECT id, name FROM things;
    INSERT INTO parts (thing, label) SELECT id, 'gone' FROM things LIMIT 1;
    DELETE FROM parts WHERE label = 'gone';
    INSERT INTO notes DEFAULT VALUES;
    INSERT INTO words VALUES ('a word');"#;

/// A database on each side, with the same tables.
pub(crate) struct Pair {
    folder: tempfile::TempDir,
    target: TestDatabase,
}

impl Pair {
    pub(crate) async fn filled() -> Self {
        let pair = Self { folder: tempfile::tempdir().unwrap(), target: TestDatabase::on(Engine::Postgres).await };
        pair.on_source(SQLITE).await;
        pair.on_source(ROWS).await;
        pair.on_target(POSTGRES).await;
        pair
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("source.db")
    }

    pub(crate) fn url(&self) -> &str {
        self.target.url()
    }

    /// Somebody else who has the source open.
    pub(crate) async fn reader(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.path()).create_if_missing(true);
        options.connect().await.unwrap()
    }

    pub(crate) async fn on_source(&self, sql: &'static str) {
        let mut connection = self.reader().await;
        connection.execute(sql).await.unwrap();
        connection.close().await.unwrap();
    }

    pub(crate) async fn on_target(&self, sql: &'static str) {
        let mut connection = PgConnection::connect(self.url()).await.unwrap();
        connection.execute(sql).await.unwrap();
        connection.close().await.unwrap();
    }

    /// The one number that a query of the target answers.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let mut connection = PgConnection::connect(self.url()).await.unwrap();
        let number = sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        number
    }

    pub(crate) async fn state(&self) -> Result<State, MoveError> {
        let mut target = Target::connect(self.url()).await?;
        let state = target.state(&SETTINGS).await;
        target.close().await;
        state
    }

    /// Moves it, or goes on.
    pub(crate) async fn go(&self) -> Result<(Moved, Vec<Step>), MoveError> {
        let mut source = Source::open(&self.path()).await?;
        let mut target = Target::connect(self.url()).await?;
        let mut steps = Vec::new();
        let moved = transfer(&mut source, &mut target, &SETTINGS, &mut |step| steps.push(step)).await;
        target.close().await;
        Ok((moved?, steps))
    }
}
