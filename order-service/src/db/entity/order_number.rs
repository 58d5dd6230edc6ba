use sea_orm::entity::prelude::*;

/// One row: the highest number that was given.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_numbers")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: i32,
    pub(crate) last: i64,
}

impl ActiveModelBehavior for ActiveModel {}
