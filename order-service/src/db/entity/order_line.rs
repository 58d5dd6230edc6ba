use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_lines")]
pub(crate) struct Model {
    /// The id of the reservation that is asked for.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) order_id: Uuid,
    /// From 0.
    pub(crate) position: i32,
    pub(crate) item_id: Uuid,
    pub(crate) name: String,
    pub(crate) owner_id: Uuid,
    pub(crate) units: i32,
    pub(crate) starts_at: Option<DateTimeUtc>,
    pub(crate) ends_at: Option<DateTimeUtc>,
    pub(crate) unit_price_minor: i64,
    pub(crate) amount_minor: i64,
    pub(crate) deposit_minor: i64,
    pub(crate) progress: String,
    pub(crate) check_out_note: Option<String>,
    pub(crate) return_note: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
