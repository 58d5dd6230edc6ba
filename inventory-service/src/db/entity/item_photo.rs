use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "item_photos")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) item_id: Uuid,
    pub(crate) position: i32,
    pub(crate) alt: String,
    pub(crate) width: i32,
    pub(crate) height: i32,
}

impl ActiveModelBehavior for ActiveModel {}
