use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operations")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) payment_id: Uuid,
    pub(crate) kind: String,
    pub(crate) step: String,
    pub(crate) amount_minor: i64,
    pub(crate) state: String,
    pub(crate) failure: Option<String>,
    pub(crate) reference: Option<String>,
    pub(crate) attempts: i32,
    pub(crate) ask_at: Option<DateTimeUtc>,
    pub(crate) created_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "payment_id", to = "id")]
    pub(crate) payment: HasOne<super::payment::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
