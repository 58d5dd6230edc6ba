use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    #[sea_orm(unique)]
    pub(crate) number: i64,
    pub(crate) borrower_id: Uuid,
    pub(crate) currency: String,
    pub(crate) total_minor: i64,
    pub(crate) deposit_minor: i64,
    pub(crate) provider: Option<String>,
    /// Null as soon as the money is held, or will never be.
    pub(crate) payment_id: Option<Uuid>,
    pub(crate) payment_token: Option<String>,
    pub(crate) state: String,
    pub(crate) state_reason: Option<String>,
    pub(crate) stuck: bool,
    pub(crate) deadline: Option<DateTimeUtc>,
    /// When a worker has something to do; null while nobody has.
    pub(crate) due_at: Option<DateTimeUtc>,
    /// Until when it is one worker's.
    pub(crate) leased_until: Option<DateTimeUtc>,
    pub(crate) leased_by: Option<Uuid>,
    pub(crate) version: i64,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
