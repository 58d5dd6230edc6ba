use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use service_kit::credential::CredentialSource;
use service_kit::db::DatabaseSettings;
use service_kit::process::{ProcessConfig, ProcessSettings};
use service_kit::telemetry::LogFormat;
use vocabulary::Secret;

use crate::providers::StripeSettings;

/// The settings of the payment service. A field's variable is `LENDERY_PAYMENTS_` and its name in capitals.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the service listens, `host:port`; default `127.0.0.1:8094`.
    pub listen: String,
    /// Where `/livez`, `/readyz` and `/metrics` are, `host:port`; never public. Default `127.0.0.1:9094`.
    pub ops_listen: String,
    /// What is logged, as tracing writes it; default `info`.
    pub log_filter: String,
    /// `text` or `json`; default `text`.
    pub log_format: LogFormat,
    /// `sqlite:<path>` or `postgres://user:password@host/database`; default `sqlite:payments.db`.
    pub database_url: Secret,
    /// Most connections to PostgreSQL, or most readers of SQLite; default 8.
    pub database_connections: u32,
    /// Where the user service is, its instances with commas between; default `http://127.0.0.1:8091`.
    pub users_url: String,
    /// The secret that services show each other; no default.
    pub service_credential: Secret,
    /// Another one that is accepted as well, while the secret is changed everywhere; default none.
    pub previous_service_credential: Secret,
    /// Path of a file with these secrets instead, one or two, each on a line of its own: both are accepted, the first is shown.
    /// It is read again every second, so that they are changed without a restart. Default none.
    pub service_credentials_path: PathBuf,
    /// Milliseconds after which a request is answered 503; default 10,000.
    pub request_deadline_ms: u64,
    /// Whether the `test` provider is there, which moves no money; default `false`.
    pub test: bool,
    /// The secret key of the Stripe account; without it there is no `stripe`.
    pub stripe_secret_key: Secret,
    /// The signing secret of the webhook endpoint at Stripe; `stripe` needs it as well.
    pub stripe_webhook_secret: Secret,
    /// Where Stripe is; default `https://api.stripe.com`.
    pub stripe_url: String,
    /// Where payers come back to after they have approved a payment; default none, and then payments that need approval
    /// are declined.
    pub stripe_return_url: String,
    /// Where NATS is, `nats://user:password@host:4222`; without it events stay within the process.
    pub nats_url: Secret,
    /// Copies of events among the servers of a NATS cluster; default 1.
    pub nats_replicas: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8094".to_owned(),
            ops_listen: "127.0.0.1:9094".to_owned(),
            log_filter: "info".to_owned(),
            log_format: LogFormat::Text,
            database_url: Secret::new("sqlite:payments.db"),
            database_connections: 8,
            users_url: "http://127.0.0.1:8091".to_owned(),
            service_credential: Secret::default(),
            previous_service_credential: Secret::default(),
            service_credentials_path: PathBuf::new(),
            request_deadline_ms: 10_000,
            test: false,
            stripe_secret_key: Secret::default(),
            stripe_webhook_secret: Secret::default(),
            stripe_url: "https://api.stripe.com".to_owned(),
            stripe_return_url: String::new(),
            nats_url: Secret::default(),
            nats_replicas: 1,
        }
    }
}

impl Config {
    pub(crate) fn credential(&self) -> CredentialSource {
        CredentialSource {
            prefix: Self::PREFIX,
            path: self.service_credentials_path.clone(),
            current: self.service_credential.clone(),
            previous: self.previous_service_credential.clone(),
        }
    }

    pub(crate) fn database(&self) -> DatabaseSettings {
        DatabaseSettings { url: self.database_url.clone(), max_connections: self.database_connections }
    }

    pub(crate) fn stripe(&self) -> StripeSettings {
        StripeSettings {
            url: self.stripe_url.clone(),
            secret_key: self.stripe_secret_key.clone(),
            webhook_secret: self.stripe_webhook_secret.clone(),
            return_url: Some(self.stripe_return_url.clone()).filter(|url| !url.is_empty()),
        }
    }

    pub(crate) fn request_deadline(&self) -> Duration {
        Duration::from_millis(self.request_deadline_ms)
    }
}

impl ProcessConfig for Config {
    const PREFIX: &'static str = "LENDERY_PAYMENTS";

    fn process(&self) -> ProcessSettings {
        ProcessSettings {
            listen: self.listen.clone(),
            ops_listen: self.ops_listen.clone(),
            log_filter: self.log_filter.clone(),
            log_format: self.log_format,
        }
    }
}
