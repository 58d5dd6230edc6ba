use problem::ProblemBody;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{CreateItemRequest, Item};

/// Offers several items at once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CreateItemsRequest {
    /// 1 to 100.
    #[schema(required, nullable = false, min_items = 1, max_items = 100)]
    pub items: Option<Vec<CreateItemRequest>>,
}

/// What came of each item of a batch, in its order. One that was refused keeps no other from being made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BatchReport {
    pub results: Vec<BatchResult>,
}

/// What came of one item of a batch, as the answer to a request of its own would say it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BatchResult {
    /// 201 for a new item, 422 for one that was refused.
    #[schema(example = 201)]
    pub status: u16,
    /// The new item.
    pub item: Option<Item>,
    /// Why it was refused.
    pub problem: Option<ProblemBody>,
}
