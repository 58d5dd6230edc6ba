use sea_orm::entity::prelude::*;

/// What a search finds an item by: the folded words of its name, tags and description, with spaces between.
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
}

impl ActiveModelBehavior for ActiveModel {}
