use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Something that has happened, as everybody may know it: ids, amounts and states, nothing personal besides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// The service it happened in.
    pub producer: String,
    /// Counts the producer's events from 1, without gaps.
    pub sequence: i64,
    pub id: Uuid,
    /// What happened, such as `payment.authorised`.
    pub r#type: String,
    /// The kind of thing it happened to, such as `payment`.
    pub aggregate: String,
    pub aggregate_id: Uuid,
    /// The thing's version after it; of two events the higher one is the newer, however they arrive.
    pub version: i64,
    /// The thing before, null if it is new.
    #[schema(value_type = Option<Object>)]
    pub before: Option<serde_json::Value>,
    /// The thing after, null if it is gone.
    #[schema(value_type = Option<Object>)]
    pub after: Option<serde_json::Value>,
    pub occurred_at: DateTime<Utc>,
}

/// What a use case writes down, in the transaction of the change.
#[derive(Debug, Clone)]
pub struct NewEvent {
    pub id: Uuid,
    pub r#type: &'static str,
    pub aggregate: &'static str,
    pub aggregate_id: Uuid,
    pub version: i64,
    pub before: Option<serde_json::Value>,
    pub after: Option<serde_json::Value>,
    pub occurred_at: DateTime<Utc>,
}
