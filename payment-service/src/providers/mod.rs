//! Whoever moves the money. Each is told a key with everything, and does the same thing once however often it is told.

mod desk;
mod stripe;
mod test;

pub(crate) use stripe::{Stripe, StripeSettings};
pub(crate) use test::TestBank;

use payment_api::Provider;
use problem::{FieldErrors, Problem};
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
    /// # Errors
    /// 422 that says what is missing when the provider is not set up.
    pub(crate) fn check(&self, provider: Provider) -> Result<(), Problem> {
        let remedy = match provider {
            Provider::Test if self.test.is_none() => {
                "Test payments are switched off; LENDERY_PAYMENTS_TEST allows them."
            }
            Provider::Stripe if self.stripe.is_none() => {
                "Stripe has no keys here; LENDERY_PAYMENTS_STRIPE_SECRET_KEY_FILE and \
                 LENDERY_PAYMENTS_STRIPE_WEBHOOK_SECRET_FILE name the files with them."
            }
            Provider::Test | Provider::Desk | Provider::Stripe => return Ok(()),
        };
        let mut errors = FieldErrors::default();
        errors.refuse("/provider", "not_set_up", remedy);
        errors.finish(Some(()))
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
