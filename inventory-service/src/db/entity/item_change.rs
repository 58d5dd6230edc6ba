use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "item_changes")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) item_id: Uuid,
    /// The item's version after it.
    pub(crate) version: i64,
    /// Null for the operator.
    pub(crate) changed_by: Option<Uuid>,
    pub(crate) kind: String,
    /// In JSON; null of what is new.
    pub(crate) before: Option<String>,
    pub(crate) after: String,
    pub(crate) changed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
