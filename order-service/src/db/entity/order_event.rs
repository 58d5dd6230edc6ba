use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_events")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) order_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) version: i64,
    pub(crate) state: String,
    pub(crate) state_reason: Option<String>,
    pub(crate) settled: bool,
    pub(crate) stuck: bool,
    pub(crate) at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
