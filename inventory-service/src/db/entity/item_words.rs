use sea_orm::entity::prelude::*;

/// What a search finds an item by: the folded words of its name, tags and description, with spaces between; and beside them
/// what a search is narrowed and ordered by, so that of all that is found only a page is looked up in `items`. Of a retired
/// item the category may be one that is gone. The column `lexemes` of PostgreSQL is only ever asked for in queries.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "item_words")]
pub(crate) struct Model {
    /// SQLite's full-text index needs a number that stays.
    #[sea_orm(primary_key)]
    pub(crate) seq: i64,
    #[sea_orm(unique)]
    pub(crate) item_id: Uuid,
    pub(crate) words: String,
    pub(crate) name_key: String,
    pub(crate) owner_id: Uuid,
    pub(crate) category_id: Uuid,
    pub(crate) status: String,
}

impl ActiveModelBehavior for ActiveModel {}
