use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Id, Money, UserId};

use crate::{FailureCode, OperationKind, OperationState, PaymentState, Provider};

/// The identity of a payment.
pub type PaymentId = Id<Payment>;
/// The identity of the order that is paid.
pub type OrderId = Id<Order>;

/// Marks the id of an order; payments know no more of it.
#[derive(Debug)]
pub enum Order {}

/// Names a payment by what asked for it: the order, and the step of its saga. The same key is the same payment for ever.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PaymentKey {
    pub order_id: OrderId,
    /// 1 to 40 small letters, digits and hyphens, such as `authorise`.
    pub step: String,
}

/// Money that was held, taken and given back for one order.
///
/// Every amount is a sum of the ledger, and the state follows from the amounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Payment {
    pub id: PaymentId,
    #[schema(value_type = String, format = Uuid)]
    pub order_id: OrderId,
    /// The step of the order's saga that asked for it.
    pub step: String,
    pub payer_id: UserId,
    pub provider: Provider,
    pub state: PaymentState,
    /// What things cost.
    pub amount: Money,
    /// What is held besides, against damage and loss.
    pub deposit: Money,
    /// Held now: neither captured nor released.
    pub held: Money,
    /// Taken in all.
    pub captured: Money,
    /// Given back of what was taken, in all.
    pub refunded: Money,
    /// Why it failed; null unless it did.
    pub failure: Option<Failure>,
    /// Where the payer has to go to approve it; null unless the provider waits for that.
    pub action_url: Option<String>,
    /// What was asked for, in order, with what came of it.
    pub operations: Vec<Operation>,
    /// Counts the changes, from 1.
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Why money could not be held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    pub code: FailureCode,
    /// A sentence for the payer.
    pub detail: String,
}

/// One thing that was asked of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Operation {
    pub kind: OperationKind,
    /// The step that asked for it.
    pub step: String,
    pub amount: Money,
    pub state: OperationState,
    /// Why the provider refused; null unless it did.
    pub failure: Option<String>,
}

impl PaymentKey {
    /// The key of a step of an order.
    pub fn new(order_id: OrderId, step: impl Into<String>) -> Self {
        Self { order_id, step: step.into() }
    }
}

impl fmt::Display for PaymentKey {
    /// As in addresses: `<order>/<step>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.order_id, self.step)
    }
}

impl Payment {
    /// The key that it was asked for with.
    pub fn key(&self) -> PaymentKey {
        PaymentKey::new(self.order_id, self.step.clone())
    }

    /// What came of the operation that this step asked for, if it is known of.
    pub fn operation(&self, kind: OperationKind, step: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.kind == kind && operation.step == step)
    }
}
