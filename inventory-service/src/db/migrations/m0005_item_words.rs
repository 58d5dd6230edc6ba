use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{pk_auto, text, uuid, uuid_uniq};

use super::m0003_items::name_key;

/// The words come folded and with spaces between, so the index takes them as they are and both databases find the same.
/// They are kept as lexemes too, for a plan may look at rows in their order rather than at the index, and each would have to
/// be taken apart again. The trigrams find what was typed with an error.
const POSTGRES: &str = "
    ALTER TABLE item_words ADD COLUMN lexemes tsvector NOT NULL
        GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '))) STORED;
    CREATE INDEX item_words_search ON item_words USING gin (lexemes);
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX item_words_similar ON item_words USING gin (words gin_trgm_ops);";

/// An index over a table of our own (FTS5, external content): the categories of characters make everything but a space
/// part of a word. <https://www.sqlite.org/fts5.html#external_content_tables>
/// Its words stand in a table of their own, where those are looked up that are nearly what was typed.
const SQLITE: &str = "
    CREATE VIRTUAL TABLE item_search USING fts5(
        words, content = 'item_words', content_rowid = 'seq',
        tokenize = \"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'\"
    );
    CREATE TRIGGER item_words_insert AFTER INSERT ON item_words BEGIN
        INSERT INTO item_search (rowid, words) VALUES (NEW.seq, NEW.words);
    END;
    CREATE TRIGGER item_words_delete AFTER DELETE ON item_words BEGIN
        INSERT INTO item_search (item_search, rowid, words) VALUES ('delete', OLD.seq, OLD.words);
    END;
    CREATE TRIGGER item_words_update AFTER UPDATE ON item_words WHEN NEW.words <> OLD.words BEGIN
        INSERT INTO item_search (item_search, rowid, words) VALUES ('delete', OLD.seq, OLD.words);
        INSERT INTO item_search (rowid, words) VALUES (NEW.seq, NEW.words);
    END;
    CREATE VIRTUAL TABLE item_search_terms USING fts5vocab(item_search, row);";

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let table = Table::create()
            .table("item_words")
            .col(pk_auto("seq").big_integer())
            .col(uuid_uniq("item_id"))
            .col(text("words"))
            .col(name_key(backend))
            .col(uuid("owner_id"))
            .col(uuid("category_id"))
            .col(text("status"))
            .foreign_key(
                ForeignKey::create()
                    .from("item_words", "item_id")
                    .to("items", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(table).await?;
        let index = if backend == DbBackend::Postgres { POSTGRES } else { SQLITE };
        manager.get_connection().execute_unprepared(index).await.map(drop)
    }
}
