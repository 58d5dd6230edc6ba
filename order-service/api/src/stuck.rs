use chrono::{DateTime, Utc};
use payment_api::OrderId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{OrderState, Step};

/// An order that waits for an administrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StuckOrder {
    #[schema(value_type = String, format = Uuid)]
    pub id: OrderId,
    pub number: i64,
    pub state: OrderState,
    /// The step that has failed for good; those after it wait.
    pub step: Step,
    pub updated_at: DateTime<Utc>,
}

/// What an administrator does about a step that is stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Asks again, five more times.
    Retry,
    /// Gives the order up and undoes what was done.
    Undo,
    /// Takes it for done.
    Accept,
}

/// Decides on a step that is stuck.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DecisionRequest {
    #[schema(required, nullable = false, value_type = Decision)]
    pub decision: Option<String>,
}
