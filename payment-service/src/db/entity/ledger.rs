use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub(crate) entry: i64,
    pub(crate) payment_id: Uuid,
    pub(crate) operation_id: Uuid,
    pub(crate) from_account: String,
    pub(crate) to_account: String,
    pub(crate) amount_minor: i64,
    pub(crate) posted_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
