use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_steps")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) order_id: Uuid,
    /// From 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) number: i32,
    pub(crate) kind: String,
    /// The position of the line it is about.
    pub(crate) line: Option<i32>,
    pub(crate) amount_minor: Option<i64>,
    pub(crate) state: String,
    pub(crate) attempts: i32,
    pub(crate) again_at: Option<DateTimeUtc>,
    /// What was said last.
    pub(crate) outcome: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
