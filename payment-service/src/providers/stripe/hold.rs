//! Holds: made, looked up, made anew.

use payment_api::FailureCode;
use vocabulary::Secret;

use super::Stripe;
use super::call::{Form, Refusal};
use super::intent::{Intent, Named, Status};
use crate::domain::operation::{Operation, Outcome};
use crate::domain::payment::Payment;

impl Stripe {
    /// Makes an intent, and confirms it with the payer's token.
    pub(super) async fn hold(&self, payment: &Payment, key: &str, token: Option<&Secret>) -> Result<Outcome, Refusal> {
        let intent = self.intent(payment, key).await?;
        let token = token.map(|token| token.expose().to_owned()).unwrap_or_default();
        let mut form: Form = vec![("payment_method", token)];
        match &self.return_url {
            Some(url) => form.push(("return_url", url.clone())),
            // Nobody could be sent back from the bank's page, so nobody is sent there.
            None => form.push(("error_on_requires_action", "true".to_owned())),
        }
        let path = format!("/v1/payment_intents/{}/confirm", intent.id);
        let confirmed: Intent = self.caller.post(&path, &form, &format!("{key}:confirm")).await?;
        Ok(confirmed.hold().unwrap_or_else(never_confirmed))
    }

    /// What became of the intent that was made with this key.
    pub(super) async fn made(&self, payment: &Payment, key: &str) -> Result<Outcome, Refusal> {
        let intent = self.intent(payment, key).await?;
        self.found(&intent.id, key).await
    }

    /// What became of an intent. One that was never confirmed is called off, so that it cannot be confirmed later.
    pub(super) async fn found(&self, intent: &str, key: &str) -> Result<Outcome, Refusal> {
        let path = format!("/v1/payment_intents/{intent}");
        let now: Intent = self.caller.get(&path).await?;
        if let Some(outcome) = now.hold() {
            return Ok(outcome);
        }
        match self.caller.post(&format!("{path}/cancel"), &Form::new(), &format!("{key}:cancel")).await {
            Ok(Named { .. }) => Ok(never_confirmed()),
            // It was confirmed in this moment.
            Err(_) => {
                let reason = "It is being confirmed at Stripe.".to_owned();
                Ok(self.caller.get::<Intent>(&path).await?.hold().unwrap_or(Outcome::Unknown { reason }))
            }
        }
    }

    /// Replaces the hold by a new one of the same amount, then gives the old one back.
    pub(super) async fn renew(&self, payment: &Payment, operation: &Operation, key: &str) -> Result<Outcome, Refusal> {
        let old = reference(payment)?;
        let outcome = self.hold_again(payment, old, operation.amount, key).await?;
        if matches!(outcome, Outcome::Done { .. }) {
            self.cancel(old, &format!("{key}:old")).await?;
        }
        Ok(outcome)
    }

    /// Holds an amount on the card of an intent, without its holder.
    pub(super) async fn hold_again(
        &self,
        payment: &Payment,
        old: &str,
        amount: i64,
        key: &str,
    ) -> Result<Outcome, Refusal> {
        let old: Intent = self.caller.get(&format!("/v1/payment_intents/{old}")).await?;
        let mut form = terms(payment, amount);
        form.push(("off_session", "true".to_owned()));
        form.push(("confirm", "true".to_owned()));
        form.extend(old.customer.map(|customer| ("customer", customer)));
        form.extend(old.payment_method.map(|method| ("payment_method", method)));
        let intent: Intent = self.caller.post("/v1/payment_intents", &form, key).await?;
        let held = intent.status == Status::RequiresCapture;
        let detail = || intent.declined().unwrap_or_else(|| "The bank wants its customer to approve it.".to_owned());
        if held {
            return Ok(Outcome::Done { reference: Some(intent.id), lapsed: false });
        }
        Ok(Outcome::Refused { code: FailureCode::Declined, detail: detail() })
    }

    /// Gives a hold back; one that is gone already is as good.
    pub(super) async fn cancel(&self, reference: &str, key: &str) -> Result<(), Refusal> {
        let path = format!("/v1/payment_intents/{reference}");
        match self.caller.post::<Intent>(&format!("{path}/cancel"), &Form::new(), key).await {
            Err(Refusal::No { stripe_code, detail, code }) if stripe_code == "payment_intent_unexpected_state" => {
                let now: Intent = self.caller.get(&path).await?;
                let gone = now.status == Status::Canceled;
                if gone { Ok(()) } else { Err(Refusal::No { code, stripe_code, detail }) }
            }
            outcome => outcome.map(drop),
        }
    }

    /// The intent of a payment, made without a token, so that asking again gives the same one.
    async fn intent(&self, payment: &Payment, key: &str) -> Result<Intent, Refusal> {
        let nobody: Form = vec![("metadata[lendery_key]", payment.key.to_string())];
        let customer: Named = self.caller.post("/v1/customers", &nobody, &format!("{key}:customer")).await?;
        let mut form = terms(payment, payment.total());
        form.push(("customer", customer.id));
        form.push(("setup_future_usage", "off_session".to_owned()));
        self.caller.post("/v1/payment_intents", &form, key).await
    }
}

fn terms(payment: &Payment, amount: i64) -> Form {
    vec![
        ("amount", amount.to_string()),
        ("currency", payment.terms.currency.as_str().to_lowercase()),
        ("capture_method", "manual".to_owned()),
        ("payment_method_types[]", "card".to_owned()),
        ("metadata[lendery_key]", payment.key.to_string()),
    ]
}

/// Stripe's name for what it holds.
pub(super) fn reference(payment: &Payment) -> Result<&str, Refusal> {
    let nothing = || Refusal::No {
        code: FailureCode::Refused,
        stripe_code: String::new(),
        detail: "Stripe holds nothing for this payment.".to_owned(),
    };
    payment.reference.as_deref().ok_or_else(nothing)
}

fn never_confirmed() -> Outcome {
    Outcome::Refused { code: FailureCode::Refused, detail: "Stripe was never told to hold it; try again.".to_owned() }
}
