use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reservations")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    /// Null, as the borrower is, for what was released before it was held.
    pub(crate) item_id: Option<Uuid>,
    pub(crate) borrower_id: Option<Uuid>,
    pub(crate) units: i32,
    pub(crate) starts_at: Option<DateTimeUtc>,
    pub(crate) ends_at: Option<DateTimeUtc>,
    pub(crate) state: String,
    pub(crate) expires_at: Option<DateTimeUtc>,
    pub(crate) check_out_note: Option<String>,
    pub(crate) return_note: Option<String>,
    pub(crate) version: i64,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
