use std::time::Duration;

use chrono::TimeDelta;
use payment_api::FailureCode;
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use vocabulary::Secret;

use super::settings::StripeError;
use crate::domain::operation::Outcome;

/// Stripe may forget a key after 24 hours (<https://docs.stripe.com/api/idempotent_requests>); an hour is for clocks.
pub(super) const KEYS_KEPT: TimeDelta = TimeDelta::hours(23);

/// The version of the API that these types are written for.
const VERSION: &str = "2024-06-20";

/// How long one call may take. What takes longer is asked for again by its key.
const PATIENCE: Duration = Duration::from_secs(6);

/// How long it may take until Stripe accepts a connection.
const CONNECT: Duration = Duration::from_secs(3);

/// Fields of a form.
pub(super) type Form = Vec<(&'static str, String)>;

/// Calls Stripe with the account's key.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    http: Client,
    base: Url,
    key: Secret,
}

/// Why Stripe did not do what it was asked.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It said no, for good.
    No { code: FailureCode, stripe_code: String, detail: String },
    /// It may or may not have happened.
    Unknown { reason: String },
}

impl Caller {
    #[expect(
        clippy::disallowed_methods,
        reason = "a peer speaks HTTP within the house; Stripe is outside and needs TLS"
    )]
    pub(super) fn new(base: &str, key: Secret) -> Result<Self, StripeError> {
        let base = base.parse().map_err(|_| StripeError::Address)?;
        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(CONNECT)
            .timeout(PATIENCE)
            .build()
            .map_err(StripeError::Client)?;
        Ok(Self { http, base, key })
    }

    /// POST with a key: the same form again is answered as the first time.
    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, form: &Form, key: &str) -> Result<T, Refusal> {
        let request = self.http.post(self.address(path)).header("Idempotency-Key", key).form(form);
        self.send(request).await
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Refusal> {
        self.send(self.http.get(self.address(path))).await
    }

    fn address(&self, path: &str) -> Url {
        let mut address = self.base.clone();
        address.set_path(path);
        address
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Refusal> {
        let silent = |error: reqwest::Error| Refusal::Unknown {
            // Without the address, in which an id stands.
            reason: format!("Stripe gave no answer: {}", error.without_url()),
        };
        let request = request.bearer_auth(self.key.expose()).header("Stripe-Version", VERSION);
        let response = request.send().await.map_err(silent)?;
        let status = response.status();
        let body = response.bytes().await.map_err(silent)?;
        if status.is_success() {
            let unreadable = |error| Refusal::Unknown { reason: format!("Stripe's answer is not understood: {error}") };
            return serde_json::from_slice(&body).map_err(unreadable);
        }
        Err(refusal(status, &body))
    }
}

impl Refusal {
    pub(super) fn into_outcome(self) -> Outcome {
        match self {
            Self::No { code, detail, .. } => Outcome::Refused { code, detail },
            Self::Unknown { reason } => Outcome::Unknown { reason },
        }
    }
}

/// What an error of Stripe's means (<https://docs.stripe.com/api/errors>). Whatever an operator can mend, or passes, is no
/// answer: it is asked again.
fn refusal(status: StatusCode, body: &[u8]) -> Refusal {
    #[derive(Deserialize)]
    struct Document {
        error: Error,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Error {
        r#type: String,
        code: String,
        param: String,
        message: String,
    }
    let error = serde_json::from_slice::<Document>(body).map(|document| document.error).unwrap_or_default();
    let no = |code, error: Error| Refusal::No { code, stripe_code: error.code, detail: error.message };
    match (status.as_u16(), error.r#type.as_str()) {
        (402, _) | (_, "card_error") => no(FailureCode::Declined, error),
        (_, "idempotency_error") => {
            Refusal::Unknown { reason: format!("Stripe knows the key otherwise: {}", error.message) }
        }
        (400 | 404, _) if error.param == "payment_method" => no(FailureCode::InvalidToken, error),
        (400 | 404, _) => no(FailureCode::Refused, error),
        (status, _) => Refusal::Unknown { reason: format!("Stripe answered {status}: {}", error.message) },
    }
}
