use sea_orm::entity::prelude::*;

/// A row of `items`. The column `daily_price_order` is computed by the database and only ever asked for in queries.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "items")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) owner_id: Uuid,
    pub(crate) external_id: Option<String>,
    pub(crate) name: String,
    /// The name folded, by which lists are ordered.
    pub(crate) name_key: String,
    pub(crate) description: String,
    /// Null when the category of a retired item is gone.
    pub(crate) category_id: Option<Uuid>,
    pub(crate) condition: String,
    pub(crate) offer: String,
    /// 0 for what is sold.
    pub(crate) units: i32,
    pub(crate) daily_price_minor: Option<i64>,
    pub(crate) deposit_minor: Option<i64>,
    pub(crate) price_minor: Option<i64>,
    pub(crate) currency: String,
    pub(crate) max_loan_days: Option<i32>,
    pub(crate) buffer_hours: i32,
    pub(crate) stock: Option<i32>,
    pub(crate) approval: String,
    pub(crate) pickup_label: Option<String>,
    pub(crate) pickup_lat: Option<f64>,
    pub(crate) pickup_lon: Option<f64>,
    pub(crate) pickup_time_zone: Option<String>,
    /// The pick-up place as a point on a sphere of radius 1, from which distances are reckoned without angles.
    pub(crate) pickup_x: Option<f64>,
    pub(crate) pickup_y: Option<f64>,
    pub(crate) pickup_z: Option<f64>,
    pub(crate) status: String,
    pub(crate) version: i64,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
