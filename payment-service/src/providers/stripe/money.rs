//! What is held: taken, given back, released.

use payment_api::{OperationKind, OperationState};

use super::Stripe;
use super::call::{Form, Refusal};
use super::hold::reference;
use super::intent::{Intent, Named};
use crate::domain::operation::{Operation, Outcome};
use crate::domain::payment::Payment;

impl Stripe {
    /// Takes a part. An intent is captured once, which releases the rest; that is held anew, or is held no more.
    pub(super) async fn capture(
        &self,
        payment: &Payment,
        operation: &Operation,
        key: &str,
    ) -> Result<Outcome, Refusal> {
        let old = reference(payment)?;
        let form: Form = vec![("amount_to_capture", operation.amount.to_string())];
        let _: Intent = self.caller.post(&format!("/v1/payment_intents/{old}/capture"), &form, key).await?;
        let rest = payment.amounts.held() - operation.amount;
        if rest == 0 {
            return Ok(Outcome::DONE);
        }
        match self.hold_again(payment, old, rest, &format!("{key}:rest")).await {
            Ok(Outcome::Done { reference, .. }) => Ok(Outcome::Done { reference, lapsed: false }),
            Ok(_) | Err(Refusal::No { .. }) => Ok(Outcome::Done { reference: None, lapsed: true }),
            // Both are asked for again: what was captured is answered as it was.
            Err(unknown) => Err(unknown),
        }
    }

    /// Gives back a part, of the captures in their order.
    pub(super) async fn refund(&self, payment: &Payment, operation: &Operation, key: &str) -> Result<Outcome, Refusal> {
        for (number, (intent, amount)) in shares(payment, operation).into_iter().enumerate() {
            let form: Form = vec![("payment_intent", intent), ("amount", amount.to_string())];
            let _: Named = self.caller.post("/v1/refunds", &form, &format!("{key}:{number}")).await?;
        }
        Ok(Outcome::DONE)
    }

    /// Gives back all that is held.
    pub(super) async fn release(&self, payment: &Payment, key: &str) -> Result<Outcome, Refusal> {
        self.cancel(reference(payment)?, key).await?;
        Ok(Outcome::DONE)
    }
}

/// From which intents a refund comes, and how much from each: refunds use up captures from the first to the last.
fn shares(payment: &Payment, operation: &Operation) -> Vec<(String, i64)> {
    let done = |kind: OperationKind| {
        let operations = payment.operations.iter();
        operations.filter(move |known| known.kind == kind && known.state == OperationState::Done)
    };
    let mut skipped: i64 = done(OperationKind::Refund).map(|refund| refund.amount).sum();
    let mut wanted = operation.amount;
    let mut shares = Vec::new();
    for capture in done(OperationKind::Capture) {
        let left = (capture.amount - skipped).max(0);
        skipped = (skipped - capture.amount).max(0);
        let share = left.min(wanted);
        wanted -= share;
        if let Some(intent) = capture.reference.clone().filter(|_| share > 0) {
            shares.push((intent, share));
        }
    }
    shares
}
