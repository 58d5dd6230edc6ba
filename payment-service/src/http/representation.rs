use payment_api::{Operation as WireOperation, Payment as Wire};
use vocabulary::Money;

use crate::domain::payment::Payment;

/// The payment as its payer and services see it.
pub(super) fn wire(payment: &Payment) -> Wire {
    let money = |amount_minor| Money { amount_minor, currency: payment.terms.currency };
    Wire {
        id: payment.id,
        order_id: payment.key.order_id,
        step: payment.key.step.to_string(),
        payer_id: payment.terms.payer_id,
        provider: payment.terms.provider,
        state: payment.state(),
        amount: money(payment.terms.amount),
        deposit: money(payment.terms.deposit),
        held: money(payment.amounts.held()),
        captured: money(payment.amounts.captured),
        refunded: money(payment.amounts.refunded),
        failure: payment.failure.clone(),
        action_url: payment.action_url.clone(),
        operations: payment
            .operations
            .iter()
            .map(|operation| WireOperation {
                kind: operation.kind,
                step: operation.step.to_string(),
                amount: money(operation.amount),
                state: operation.state,
                failure: operation.failure.clone(),
            })
            .collect(),
        version: payment.version,
        created_at: payment.created_at,
        updated_at: payment.updated_at,
    }
}
