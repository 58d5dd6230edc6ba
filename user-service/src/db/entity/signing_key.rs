use sea_orm::entity::prelude::*;

/// A row of `signing_keys`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) kid: String,
    /// PKCS#8.
    pub(crate) private_key: Vec<u8>,
    pub(crate) state: String,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) state_since: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
