use vocabulary::Secret;

/// What an account at Stripe needs.
#[derive(Debug, Clone)]
pub(crate) struct StripeSettings {
    pub(crate) url: String,
    pub(crate) secret_key: Secret,
    pub(crate) webhook_secret: Secret,
    /// Where payers come back to after they have approved a payment.
    pub(crate) return_url: Option<String>,
}

/// Why Stripe cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StripeError {
    #[error("stripe_webhook_secret is set and stripe_secret_key is not; both are needed")]
    NoSecretKey,
    #[error("stripe_secret_key is set and stripe_webhook_secret is not; both are needed")]
    NoWebhookSecret,
    #[error("stripe_url is no address such as https://api.stripe.com")]
    Address,
    #[error("no HTTP client: {0}")]
    Client(#[source] reqwest::Error),
}
