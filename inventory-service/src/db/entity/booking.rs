use sea_orm::entity::prelude::*;

/// One unit of one reservation. State and expiry are those of the reservation, for the database to judge by.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bookings")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) reservation_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) unit_id: Uuid,
    pub(crate) item_id: Uuid,
    pub(crate) starts_at: DateTimeUtc,
    /// The end of the loan and of the buffer after it.
    pub(crate) blocked_until: DateTimeUtc,
    pub(crate) state: String,
    pub(crate) expires_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
