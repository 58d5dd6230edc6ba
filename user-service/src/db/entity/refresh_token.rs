use sea_orm::entity::prelude::*;

/// A row of `refresh_tokens`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_tokens")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) digest: Vec<u8>,
    pub(crate) session_id: Uuid,
    pub(crate) issued_at: DateTimeUtc,
    pub(crate) used_at: Option<DateTimeUtc>,
    /// Kept until the successor is used.
    pub(crate) sealed_successor: Option<Vec<u8>>,
}

impl ActiveModelBehavior for ActiveModel {}
