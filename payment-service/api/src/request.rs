use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Money, Secret, UserId};

use crate::{OrderId, Provider};

/// More than anything here costs, in minor units; a thousand times it is still far from what an `i64` holds.
pub const MOST_MINOR: i64 = 1_000_000_000_000;

/// Asks whether money could be held like this. Nothing is held, and no provider is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CheckRequest {
    #[schema(required, nullable = false)]
    pub provider: Option<Provider>,
    /// What the provider gave the payer; `desk` takes none.
    #[schema(nullable = false, max_length = 255)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// What things cost, if that is known.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// What is held besides, if that is known.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit: Option<Money>,
}

/// Holds money. Fields are optional here so that all missing ones are reported at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AuthoriseRequest {
    #[schema(required, nullable = false, value_type = String, format = Uuid)]
    pub order_id: Option<OrderId>,
    /// The step of the order's saga: 1 to 40 small letters, digits and hyphens. With the order's id it is the key: asked
    /// again, it is the same payment.
    #[schema(required, nullable = false, min_length = 1, max_length = 40)]
    pub step: Option<String>,
    #[schema(required, nullable = false)]
    pub payer_id: Option<UserId>,
    /// What things cost, 0 or more.
    #[schema(required, nullable = false)]
    pub amount: Option<Money>,
    /// What is held besides, 0 or more, in the same currency; nothing unless it is given. Both together are at least 1.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit: Option<Money>,
    #[schema(required, nullable = false)]
    pub provider: Option<Provider>,
    /// What the provider gave the payer, 1 to 255 visible ASCII characters; it is passed on and never kept. `desk` takes
    /// none.
    #[schema(nullable = false, max_length = 255)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
}

/// Takes a part of what is held, or gives back a part of what was taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PartRequest {
    /// The step that asks: with the payment it is the key of this operation.
    #[schema(required, nullable = false, min_length = 1, max_length = 40)]
    pub step: Option<String>,
    /// 1 or more, in the payment's currency.
    #[schema(required, nullable = false)]
    pub amount: Option<Money>,
}

/// Releases all that is still held.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VoidRequest {
    /// The step that asks: with the payment it is the key of this operation.
    #[schema(required, nullable = false, min_length = 1, max_length = 40)]
    pub step: Option<String>,
}

impl PartRequest {
    /// The part that this step asks for.
    pub fn new(step: impl Into<String>, amount: Money) -> Self {
        Self { step: Some(step.into()), amount: Some(amount) }
    }
}

impl VoidRequest {
    /// What this step asks for.
    pub fn new(step: impl Into<String>) -> Self {
        Self { step: Some(step.into()) }
    }
}
