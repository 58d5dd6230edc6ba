use sea_orm::entity::prelude::*;

/// What the bank of the `test` provider has in its own book.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "test_bank")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) key: String,
    /// The key of the authorisation that it belongs to.
    pub(crate) hold: String,
    pub(crate) kind: String,
    pub(crate) amount_minor: i64,
    /// The token of the hold, which decides how the bank behaves.
    pub(crate) token: String,
    pub(crate) done: bool,
    /// When the bank makes up its mind, or tells of it.
    pub(crate) due_at: Option<DateTimeUtc>,
    pub(crate) created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
