use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, uuid};

/// A statement adds a row for each category whose count it changes. One row for all of them to update would make every
/// writer wait for the commit of the one before, and those who write to several categories wait for each other.
const POSTGRES: &str = "
    CREATE FUNCTION category_counts_note() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO category_counts (category_id, listed)
                SELECT category_id, count(*) FROM new_rows WHERE status = 'listed' GROUP BY category_id;
        ELSIF TG_OP = 'UPDATE' THEN
            INSERT INTO category_counts (category_id, listed)
                SELECT category_id, sum(change) FROM (
                    SELECT category_id, 1 AS change FROM new_rows WHERE status = 'listed'
                    UNION ALL SELECT category_id, -1 FROM old_rows WHERE status = 'listed'
                ) AS changes GROUP BY category_id HAVING sum(change) <> 0;
        ELSE
            INSERT INTO category_counts (category_id, listed)
                SELECT category_id, -count(*) FROM old_rows WHERE status = 'listed' GROUP BY category_id;
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER category_counts_insert AFTER INSERT ON items REFERENCING NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION category_counts_note();
    CREATE TRIGGER category_counts_update AFTER UPDATE ON items
        REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION category_counts_note();
    CREATE TRIGGER category_counts_delete AFTER DELETE ON items REFERENCING OLD TABLE AS old_rows
        FOR EACH STATEMENT EXECUTE FUNCTION category_counts_note();";

/// With one writer nobody waits, so a category has one row.
const SQLITE: &str = "
    CREATE UNIQUE INDEX category_counts_category ON category_counts (category_id);
    CREATE TRIGGER category_counts_insert AFTER INSERT ON items WHEN NEW.status = 'listed' BEGIN
        INSERT INTO category_counts (category_id, listed) VALUES (NEW.category_id, 1)
            ON CONFLICT (category_id) DO UPDATE SET listed = listed + 1;
    END;
    CREATE TRIGGER category_counts_delete AFTER DELETE ON items WHEN OLD.status = 'listed' BEGIN
        UPDATE category_counts SET listed = listed - 1 WHERE category_id = OLD.category_id;
    END;
    CREATE TRIGGER category_counts_update AFTER UPDATE ON items
        WHEN OLD.status <> NEW.status OR OLD.category_id IS NOT NEW.category_id BEGIN
        UPDATE category_counts SET listed = listed - 1 WHERE category_id = OLD.category_id AND OLD.status = 'listed';
        INSERT INTO category_counts (category_id, listed) SELECT NEW.category_id, 1 WHERE NEW.status = 'listed'
            ON CONFLICT (category_id) DO UPDATE SET listed = listed + 1;
    END;";

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table =
            Table::create().table("category_counts").col(uuid("category_id")).col(big_integer("listed")).to_owned();
        manager.create_table(table).await?;
        let triggers = if manager.get_database_backend() == DbBackend::Postgres { POSTGRES } else { SQLITE };
        manager.get_connection().execute_unprepared(triggers).await.map(drop)
    }
}
