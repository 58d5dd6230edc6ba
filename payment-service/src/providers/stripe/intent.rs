use serde::Deserialize;

use crate::domain::operation::Outcome;
use payment_api::FailureCode;

/// A `PaymentIntent`, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) status: Status,
    pub(super) customer: Option<String>,
    pub(super) payment_method: Option<String>,
    next_action: Option<NextAction>,
    last_payment_error: Option<PaymentError>,
    #[serde(default)]
    pub(super) metadata: Metadata,
}

/// <https://docs.stripe.com/payments/paymentintents/lifecycle>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    RequiresCapture,
    Canceled,
    Succeeded,
}

/// What was written to the intent when it was made.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Metadata {
    /// The payment's key.
    pub(super) lendery_key: Option<String>,
}

/// Anything of which only the name matters.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
}

#[derive(Debug, Deserialize)]
struct NextAction {
    redirect_to_url: Option<Redirect>,
}

#[derive(Debug, Deserialize)]
struct Redirect {
    url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PaymentError {
    pub(super) message: Option<String>,
}

impl Intent {
    /// Why the bank said no, if it did.
    pub(super) fn declined(&self) -> Option<String> {
        let error = self.last_payment_error.as_ref()?;
        Some(error.message.clone().unwrap_or_else(|| "The bank declined it.".to_owned()))
    }

    /// What the intent's state says of a hold; none when it was never confirmed.
    pub(super) fn hold(self) -> Option<Outcome> {
        let declined = self.declined();
        let reference = Some(self.id);
        Some(match self.status {
            Status::RequiresCapture | Status::Succeeded => Outcome::Done { reference, lapsed: false },
            Status::RequiresAction => {
                let redirect = self.next_action.and_then(|action| action.redirect_to_url);
                Outcome::Waiting { reference, action_url: redirect.and_then(|redirect| redirect.url) }
            }
            Status::Processing => Outcome::Waiting { reference, action_url: None },
            Status::Canceled => {
                Outcome::Refused { code: FailureCode::Refused, detail: "It was called off at Stripe.".to_owned() }
            }
            Status::RequiresPaymentMethod | Status::RequiresConfirmation => {
                Outcome::Refused { code: FailureCode::Declined, detail: declined? }
            }
        })
    }
}
