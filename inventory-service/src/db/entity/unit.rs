use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "units")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) item_id: Uuid,
    pub(crate) position: i32,
    pub(crate) label: String,
    pub(crate) condition: String,
    pub(crate) out_of_service: bool,
    /// When it was taken away; its bookings stay.
    pub(crate) removed_at: Option<DateTimeUtc>,
    pub(crate) version: i64,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
