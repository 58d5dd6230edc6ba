//! Stripe through its `PaymentIntents` with manual capture (<https://docs.stripe.com/api/payment_intents>).
//!
//! A handful of form-encoded calls, so no SDK: those there are bring hundreds of types and an HTTP client of their own.
//! Three properties of Stripe shape what happens here. An idempotency key is bound to its parameters, and the payer's token
//! is not kept; so an intent is made without the token, which can be repeated, and confirmed with it, which is asked
//! after by the intent's state. An intent is captured once, and that releases the rest; so the rest is held anew. Holds
//! lapse after seven days, and a card can be asked again only through a customer; so there is one, without a name.

mod call;
mod hold;
mod intent;
mod money;
mod settings;
mod signature;
mod webhook;

pub(crate) use settings::StripeSettings;

use payment_api::OperationKind;
use service_kit::clock::Clock;
use vocabulary::Secret;

use self::call::{Caller, Refusal};
use self::settings::StripeError;
use self::signature::Signer;
use super::key_of;
use crate::domain::operation::{Operation, Outcome};
use crate::domain::payment::Payment;

/// Stripe, for one account.
#[derive(Debug, Clone)]
pub(crate) struct Stripe {
    caller: Caller,
    signer: Signer,
    clock: Clock,
    return_url: Option<String>,
}

impl Stripe {
    /// None without keys.
    ///
    /// # Errors
    /// When one of the keys is missing, or the address is none.
    pub(crate) fn new(settings: StripeSettings, clock: &Clock) -> Result<Option<Self>, StripeError> {
        match (settings.secret_key.expose(), settings.webhook_secret.expose()) {
            ("", "") => return Ok(None),
            ("", _) => return Err(StripeError::NoSecretKey),
            (_, "") => return Err(StripeError::NoWebhookSecret),
            _ => {}
        }
        let caller = Caller::new(&settings.url, settings.secret_key)?;
        let signer = Signer::new(settings.webhook_secret);
        Ok(Some(Self { caller, signer, clock: clock.clone(), return_url: settings.return_url }))
    }

    pub(super) async fn carry_out(&self, payment: &Payment, operation: &Operation, token: Option<&Secret>) -> Outcome {
        let key = key_of(payment, operation);
        let done = match operation.kind {
            OperationKind::Authorise => self.hold(payment, &key, token).await,
            OperationKind::Capture => self.capture(payment, operation, &key).await,
            OperationKind::Refund => self.refund(payment, operation, &key).await,
            OperationKind::Void => self.release(payment, &key).await,
            OperationKind::Renew => self.renew(payment, operation, &key).await,
        };
        done.unwrap_or_else(Refusal::into_outcome)
    }

    pub(super) async fn look_up(&self, payment: &Payment, operation: &Operation) -> Outcome {
        let is_known = self.clock.now() - operation.created_at <= call::KEYS_KEPT;
        let key = key_of(payment, operation);
        let found = match (operation.kind, &payment.reference) {
            // An intent that has a name is asked after by it, and giving it back twice is giving it back.
            (OperationKind::Authorise, Some(intent)) => self.found(intent, &key).await,
            (OperationKind::Void, _) => self.release(payment, &key).await,
            (OperationKind::Authorise, None) if is_known => self.made(payment, &key).await,
            _ if is_known => return self.carry_out(payment, operation, None).await,
            _ => {
                let reason = "Stripe no longer knows the key of this operation; its dashboard tells what became of it.";
                return Outcome::Unknown { reason: reason.to_owned() };
            }
        };
        found.unwrap_or_else(Refusal::into_outcome)
    }
}
