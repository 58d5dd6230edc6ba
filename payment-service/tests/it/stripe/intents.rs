//! The life of intents, as <https://docs.stripe.com/payments/paymentintents/lifecycle> tells it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A status, and the members of the error.
#[derive(Debug)]
pub(super) struct Error(pub(super) u16, pub(super) Value);

/// The fields of a form.
pub(super) struct Fields(pub(super) BTreeMap<String, String>);

/// All intents of an account.
#[derive(Default)]
pub(super) struct Intents {
    all: Vec<Intent>,
    customers: usize,
    refunds: usize,
}

#[derive(Clone, Default)]
struct Intent {
    status: &'static str,
    amount: i64,
    received: i64,
    refunded: i64,
    customer: Option<String>,
    method: Option<String>,
    key: String,
    declined: bool,
}

impl Fields {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn number(&self, name: &str) -> i64 {
        self.get(name).parse().unwrap()
    }
}

impl Intents {
    /// Does what a POST to this path asks for.
    pub(super) fn execute(&mut self, path: &str, fields: &Fields) -> Result<Value, Error> {
        let parts: Vec<_> = path.trim_start_matches("/v1/").split('/').collect();
        match parts[..] {
            ["customers"] => {
                self.customers += 1;
                Ok(json!({ "id": format!("cus_{}", self.customers), "object": "customer" }))
            }
            ["payment_intents"] => self.create(fields),
            ["payment_intents", id, "confirm"] => self.confirm(id, fields),
            ["payment_intents", id, "capture"] => self.capture(id, fields.number("amount_to_capture")),
            ["payment_intents", id, "cancel"] => self.cancel(id),
            ["refunds"] => self.refund(fields.get("payment_intent"), fields.number("amount")),
            _ => Err(missing("resource")),
        }
    }

    pub(super) fn get(&self, id: &str) -> Result<Value, Error> {
        let intent = self.all.get(index(id)?).ok_or_else(|| missing("intent"))?;
        let next_action =
            json!({ "type": "redirect_to_url", "redirect_to_url": { "url": "https://bank.example/approve" } });
        let error = json!({ "code": "card_declined", "message": "Your card was declined." });
        Ok(json!({
            "id": id, "object": "payment_intent", "status": intent.status, "amount": intent.amount,
            "amount_received": intent.received, "customer": intent.customer, "payment_method": intent.method,
            "metadata": { "lendery_key": intent.key },
            "next_action": if intent.status == "requires_action" { next_action } else { Value::Null },
            "last_payment_error": if intent.declined { error } else { Value::Null },
        }))
    }

    pub(super) fn approve(&mut self, id: &str) {
        let intent = &mut self.all[index(id).ok().unwrap()];
        assert_eq!(intent.status, "requires_action");
        intent.status = "requires_capture";
    }

    pub(super) fn cancel(&mut self, id: &str) -> Result<Value, Error> {
        let waits = ["requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"];
        self.in_state(id, &waits)?.status = "canceled";
        self.get(id)
    }

    pub(super) fn last(&self) -> String {
        format!("pi_{}", self.all.len() - 1)
    }

    pub(super) fn amounts(&self) -> (i64, i64, i64) {
        let held =
            self.all.iter().filter(|intent| intent.status == "requires_capture").map(|intent| intent.amount).sum();
        let received = self.all.iter().map(|intent| intent.received).sum();
        (held, received, self.all.iter().map(|intent| intent.refunded).sum())
    }

    fn create(&mut self, fields: &Fields) -> Result<Value, Error> {
        assert_eq!((fields.get("capture_method"), fields.get("currency")), ("manual", "eur"));
        self.all.push(Intent {
            status: "requires_payment_method",
            amount: fields.number("amount"),
            customer: fields.0.get("customer").cloned(),
            key: fields.get("metadata[lendery_key]").to_owned(),
            ..Intent::default()
        });
        let id = self.last();
        if fields.get("confirm") == "true" { self.confirm(&id, fields) } else { self.get(&id) }
    }

    fn confirm(&mut self, id: &str, fields: &Fields) -> Result<Value, Error> {
        let on_return = !fields.get("return_url").is_empty();
        let intent = self.in_state(id, &["requires_payment_method", "requires_confirmation"])?;
        let method = fields.get("payment_method");
        let declined =
            |code: &str, message: &str| Error(402, json!({ "type": "card_error", "code": code, "message": message }));
        match method {
            "pm_card_visa" => intent.status = "requires_capture",
            "pm_card_threeDSecure2Required" if on_return => intent.status = "requires_action",
            "pm_card_threeDSecure2Required" => {
                return Err(declined("authentication_required", "This card wants its holder's approval."));
            }
            "pm_card_chargeDeclined" => {
                intent.declined = true;
                return Err(declined("card_declined", "Your card was declined."));
            }
            _ => {
                let error = json!({ "type": "invalid_request_error", "code": "resource_missing", "param": "payment_method",
                    "message": format!("No such PaymentMethod: '{method}'") });
                return Err(Error(400, error));
            }
        }
        intent.method = Some(method.to_owned());
        self.get(id)
    }

    /// Once, and what is not taken is released.
    fn capture(&mut self, id: &str, amount: i64) -> Result<Value, Error> {
        let intent = self.in_state(id, &["requires_capture"])?;
        if amount > intent.amount {
            return Err(Error(
                400,
                json!({ "type": "invalid_request_error", "code": "amount_too_large", "message": "too large" }),
            ));
        }
        (intent.status, intent.received) = ("succeeded", amount);
        self.get(id)
    }

    fn refund(&mut self, id: &str, amount: i64) -> Result<Value, Error> {
        let intent = self.in_state(id, &["succeeded"])?;
        if intent.refunded + amount > intent.received {
            let message = "Refund amount is greater than unrefunded amount on charge";
            return Err(Error(400, json!({ "type": "invalid_request_error", "message": message })));
        }
        intent.refunded += amount;
        self.refunds += 1;
        Ok(json!({ "id": format!("re_{}", self.refunds), "object": "refund", "amount": amount, "status": "succeeded" }))
    }

    fn in_state(&mut self, id: &str, states: &[&str]) -> Result<&mut Intent, Error> {
        let intent = self.all.get_mut(index(id)?).ok_or_else(|| missing("intent"))?;
        if states.contains(&intent.status) {
            return Ok(intent);
        }
        let message = format!("This PaymentIntent has a status of {}", intent.status);
        let code = "payment_intent_unexpected_state";
        Err(Error(400, json!({ "type": "invalid_request_error", "code": code, "message": message })))
    }
}

fn index(id: &str) -> Result<usize, Error> {
    id.strip_prefix("pi_").and_then(|number| number.parse().ok()).ok_or_else(|| missing("intent"))
}

fn missing(what: &str) -> Error {
    Error(
        404,
        json!({ "type": "invalid_request_error", "code": "resource_missing", "message": format!("No such {what}") }),
    )
}
