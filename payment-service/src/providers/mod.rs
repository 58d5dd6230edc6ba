//! Whoever moves the money. Each is told a key with everything, and does the same thing once however often it is told.

mod desk;
mod stripe;
mod test;

pub(crate) use stripe::{Stripe, StripeSettings};
pub(crate) use test::TestBank;

use payment_api::Provider;
use problem::FieldErrors;
use vocabulary::Secret;

use crate::domain::notice::Notice;
use crate::domain::operation::{Operation, Outcome};
use crate::domain::payment::Payment;

/// The providers that are set up here.
#[derive(Debug, Clone)]
pub(crate) struct Providers {
    pub(crate) test: Option<TestBank>,
    pub(crate) stripe: Option<Stripe>,
}

/// What a provider says, and what it has told of its own accord before it said so.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) told: Vec<Notice>,
    pub(crate) outcome: Outcome,
}

impl Providers {
    /// Notes that the provider is not set up, if it is not: in words for the payer, and for the operator in the log.
    pub(crate) fn check_set_up(&self, errors: &mut FieldErrors, provider: Provider) {
        let (detail, remedy) = match provider {
            Provider::Test if self.test.is_none() => (
                "Lendery does not take test payments here; choose desk.",
                "test payments are switched off; LENDERY_PAYMENTS_TEST=true allows them",
            ),
            Provider::Stripe if self.stripe.is_none() => (
                "Lendery does not take payments by Stripe here; choose desk.",
                "Stripe has no keys; LENDERY_PAYMENTS_STRIPE_SECRET_KEY_FILE and \
                 LENDERY_PAYMENTS_STRIPE_WEBHOOK_SECRET_FILE name the files with them",
            ),
            Provider::Test | Provider::Desk | Provider::Stripe => return,
        };
        tracing::info!(provider = provider.as_str(), remedy, "a payment was refused: its provider is not set up");
        errors.refuse("/provider", "not_set_up", detail);
    }

    /// Notes what keeps the provider from taking this token, as far as that is known without asking it.
    pub(crate) fn check(&self, errors: &mut FieldErrors, provider: Provider, token: Option<&Secret>) {
        self.check_set_up(errors, provider);
        if provider == Provider::Test
            && self.test.is_some()
            && let Some(complaint) = token.and_then(TestBank::complaint)
        {
            errors.refuse("/token", "unknown_token", complaint);
        }
    }

    /// Tells the provider to do it.
    pub(crate) async fn carry_out(&self, payment: &Payment, operation: &Operation, token: Option<&Secret>) -> Answer {
        let outcome = match payment.terms.provider {
            Provider::Desk => desk::carry_out(operation),
            Provider::Test => match &self.test {
                Some(bank) => return bank.carry_out(payment, operation, token).await,
                None => not_set_up(),
            },
            Provider::Stripe => match &self.stripe {
                Some(stripe) => stripe.carry_out(payment, operation, token).await,
                None => not_set_up(),
            },
        };
        Answer { told: Vec::new(), outcome }
    }

    /// Asks the provider what became of it. An authorisation that it has never heard of will not happen afterwards.
    pub(crate) async fn look_up(&self, payment: &Payment, operation: &Operation) -> Outcome {
        match payment.terms.provider {
            Provider::Desk => desk::carry_out(operation),
            Provider::Test => match &self.test {
                Some(bank) => bank.look_up(payment, operation).await,
                None => not_set_up(),
            },
            Provider::Stripe => match &self.stripe {
                Some(stripe) => stripe.look_up(payment, operation).await,
                None => not_set_up(),
            },
        }
    }
}

/// By which a provider knows an operation again.
fn key_of(payment: &Payment, operation: &Operation) -> String {
    format!("{}:{}:{}", payment.key, operation.kind.as_str(), operation.step)
}

fn not_set_up() -> Outcome {
    Outcome::Unknown { reason: "The provider is not set up here any more.".to_owned() }
}
