use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;
use service_kit::db::change_capture::{Column, Tracked, track};

/// The sums of a payment, each with the accounts between which its rows move money.
const SUMS: [(&str, &str, &str); 4] = [
    ("authorised_minor", "payer", "held"),
    ("captured_minor", "held", "taken"),
    ("released_minor", "held", "payer"),
    ("refunded_minor", "taken", "payer"),
];

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let backend = manager.get_database_backend();
        connection.execute_unprepared(&table(backend)).await?;
        let guards = match backend {
            DbBackend::Postgres => postgres_guards(),
            _ => sqlite_guards(),
        };
        connection.execute_unprepared(&guards).await?;
        let image = [
            Column::Uuid("payment_id"),
            Column::Plain("from_account"),
            Column::Plain("to_account"),
            Column::Plain("amount_minor"),
            Column::Plain("posted_at"),
        ];
        track(manager, Tracked { table: "ledger", key: Column::Plain("entry"), image: &image }).await
    }
}

/// A row is a transfer: what one account loses the other gets, so every row, and with it every sum, is balanced.
fn table(backend: DbBackend) -> String {
    let (entry, uuid, time, whole) = match backend {
        DbBackend::Postgres => ("bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "uuid", "timestamptz", "true"),
        // SQLite would keep a sum beyond 64 bits as a floating-point number.
        _ => ("integer PRIMARY KEY AUTOINCREMENT", "blob", "text", "typeof(amount_minor) = 'integer'"),
    };
    let allowed = SUMS.map(|(_, from, to)| format!("'{from} to {to}'")).join(", ");
    format!(
        "CREATE TABLE ledger (
            entry {entry},
            payment_id {uuid} NOT NULL REFERENCES payments (id),
            operation_id {uuid} NOT NULL REFERENCES operations (id),
            from_account text NOT NULL,
            to_account text NOT NULL,
            amount_minor bigint NOT NULL CHECK (amount_minor > 0 AND {whole}),
            posted_at {time} NOT NULL,
            CHECK (from_account || ' to ' || to_account IN ({allowed})),
            UNIQUE (operation_id, from_account, to_account)
        );
        CREATE INDEX ledger_of_payment ON ledger (payment_id);"
    )
}

/// The sums of a payment are written by the ledger alone, and its rows stay as they are.
fn postgres_guards() -> String {
    let added = additions("NEW");
    let wrong = differences("p");
    // Looked at when the transaction commits, and then at the row as it has become.
    format!(
        "CREATE FUNCTION ledger_sum() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE payments SET {added} WHERE id = NEW.payment_id;
            RETURN NULL;
        END $$;
        CREATE TRIGGER ledger_sum AFTER INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION ledger_sum();
        CREATE FUNCTION ledger_keep() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'rows of the ledger are added and never changed'; END $$;
        CREATE TRIGGER ledger_keep BEFORE UPDATE OR DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION ledger_keep();
        CREATE TRIGGER ledger_keep_all BEFORE TRUNCATE ON ledger FOR EACH STATEMENT EXECUTE FUNCTION ledger_keep();
        CREATE FUNCTION payments_sums() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.id AND ({wrong})) THEN
                RAISE EXCEPTION 'the sums of a payment are those of its ledger';
            END IF;
            RETURN NULL;
        END $$;
        CREATE CONSTRAINT TRIGGER payments_sums AFTER INSERT OR UPDATE ON payments DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION payments_sums();"
    )
}

fn sqlite_guards() -> String {
    let keep = "BEGIN SELECT RAISE(ABORT, 'rows of the ledger are added and never changed'); END";
    let sums = "BEGIN SELECT RAISE(ABORT, 'the sums of a payment are those of its ledger'); END";
    format!(
        "CREATE TRIGGER ledger_sum AFTER INSERT ON ledger
            BEGIN UPDATE payments SET {added} WHERE id = NEW.payment_id; END;
        CREATE TRIGGER ledger_keep_updated BEFORE UPDATE ON ledger {keep};
        CREATE TRIGGER ledger_keep_deleted BEFORE DELETE ON ledger {keep};
        CREATE TRIGGER payments_sums_new AFTER INSERT ON payments WHEN {wrong} {sums};
        CREATE TRIGGER payments_sums AFTER UPDATE ON payments WHEN {wrong} {sums};",
        added = additions("NEW"),
        wrong = differences("NEW"),
    )
}

fn additions(row: &str) -> String {
    let added = SUMS.map(|(column, from, to)| {
        let fits = format!("{row}.from_account = '{from}' AND {row}.to_account = '{to}'");
        format!("{column} = {column} + CASE WHEN {fits} THEN {row}.amount_minor ELSE 0 END")
    });
    added.join(", ")
}

fn differences(row: &str) -> String {
    let wrong = SUMS.map(|(column, from, to)| {
        let rows = format!("payment_id = {row}.id AND from_account = '{from}' AND to_account = '{to}'");
        format!("{row}.{column} <> (SELECT coalesce(sum(amount_minor), 0) FROM ledger WHERE {rows})")
    });
    wrong.join(" OR ")
}
