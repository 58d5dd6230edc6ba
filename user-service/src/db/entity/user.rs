use sea_orm::entity::prelude::*;

/// A row of `users`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    /// Null once erased.
    #[sea_orm(unique)]
    pub(crate) email: Option<String>,
    /// As a PHC string; null once erased.
    pub(crate) password_hash: Option<String>,
    pub(crate) display_name: String,
    /// E-mail and name in lower case; empty once erased.
    pub(crate) search_text: String,
    pub(crate) role: String,
    pub(crate) status: String,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) updated_at: DateTimeUtc,
    pub(crate) version: i64,
    pub(crate) password_changed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
