use sea_orm::entity::prelude::*;

/// What a key stands for. Without a payment it is a tombstone: whatever comes with this key later is refused.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_keys")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) order_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) step: String,
    pub(crate) payment_id: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}
