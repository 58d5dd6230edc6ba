use http::HeaderMap;
use payment_api::{FailureCode, Provider};
use serde::Deserialize;

use super::Stripe;
use super::intent::Intent;
use super::signature::SignatureError;
use crate::domain::notice::{News, Notice};
use crate::domain::step::Key;

/// Why a message is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebhookError {
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error("The body is no event of Stripe's: {0}.")]
    Body(#[from] serde_json::Error),
}

/// <https://docs.stripe.com/api/events/object>
#[derive(Debug, Deserialize)]
struct StripeEvent {
    id: String,
    r#type: String,
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Data {
    object: serde_json::Value,
}

impl Stripe {
    /// What a webhook tells; nothing if it is of no concern here.
    ///
    /// # Errors
    /// When it is not signed by Stripe a short while ago, or is no event.
    pub(crate) fn notice(&self, headers: &HeaderMap, body: &[u8]) -> Result<Option<Notice>, WebhookError> {
        let header = headers.get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
        self.signer.verify(header, body, self.clock.now())?;
        let event: StripeEvent = serde_json::from_slice(body)?;
        let news = |intent: &Intent| match event.r#type.as_str() {
            "payment_intent.amount_capturable_updated" => Some(News::Authorised),
            "payment_intent.payment_failed" => {
                let detail = intent.declined().unwrap_or_else(|| "The bank declined it.".to_owned());
                Some(News::Refused { code: FailureCode::Declined, detail })
            }
            "payment_intent.canceled" => Some(News::Lapsed),
            _ => None,
        };
        if !event.r#type.starts_with("payment_intent.") {
            return Ok(None);
        }
        let intent: Intent = serde_json::from_value(event.data.object)?;
        let Some((news, key)) = news(&intent).zip(key(&intent)) else { return Ok(None) };
        Ok(Some(Notice { provider: Provider::Stripe, id: event.id, key, reference: intent.id, news }))
    }
}

/// The payment that the intent was made for, unless somebody else made it.
fn key(intent: &Intent) -> Option<Key> {
    let (order_id, step) = intent.metadata.lendery_key.as_deref()?.split_once('/')?;
    Some(Key { order_id: order_id.parse().ok()?, step: step.parse().ok()? })
}
