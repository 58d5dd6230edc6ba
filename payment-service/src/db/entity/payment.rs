use sea_orm::entity::prelude::*;

/// Without `state`, which the database derives for its other readers.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) order_id: Uuid,
    pub(crate) step: String,
    pub(crate) payer_id: Uuid,
    pub(crate) provider: String,
    pub(crate) amount_minor: i64,
    pub(crate) deposit_minor: i64,
    pub(crate) currency: String,
    pub(crate) request_sha256: Vec<u8>,
    pub(crate) authorised_minor: i64,
    pub(crate) captured_minor: i64,
    pub(crate) released_minor: i64,
    pub(crate) refunded_minor: i64,
    pub(crate) in_doubt: bool,
    pub(crate) called_off: bool,
    pub(crate) failure_code: Option<String>,
    pub(crate) failure_detail: Option<String>,
    pub(crate) reference: Option<String>,
    pub(crate) action_url: Option<String>,
    pub(crate) renew_at: Option<DateTimeUtc>,
    pub(crate) version: i64,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) updated_at: DateTimeUtc,
    #[sea_orm(has_many)]
    pub(crate) operations: HasMany<super::operation::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
