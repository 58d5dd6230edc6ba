use sea_orm::entity::prelude::*;

/// A number of listed items to be added to the others of its category. Triggers write these rows. On PostgreSQL a category
/// has any number of them, so that writers do not wait for each other; on SQLite, with its one writer, it has one.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "category_counts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) category_id: Uuid,
    /// Negative when items have gone.
    pub(crate) listed: i64,
}

impl ActiveModelBehavior for ActiveModel {}
