use payment_api::OperationKind;

use crate::domain::operation::{Operation, Outcome};

/// At the desk money is held once the operator says that it was paid; what follows happens in the books.
pub(super) fn carry_out(operation: &Operation) -> Outcome {
    match operation.kind {
        OperationKind::Authorise => Outcome::Waiting { reference: None, action_url: None },
        OperationKind::Capture | OperationKind::Refund | OperationKind::Void | OperationKind::Renew => Outcome::DONE,
    }
}
