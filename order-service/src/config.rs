use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use service_kit::credential::CredentialSource;
use service_kit::db::DatabaseSettings;
use service_kit::process::{ProcessConfig, ProcessSettings};
use service_kit::telemetry::LogFormat;
use vocabulary::Secret;

/// The settings of the order service. A field's variable is `LENDERY_ORDERS_` and its name in capitals.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the service listens, `host:port`; default `127.0.0.1:8093`.
    pub listen: String,
    /// Where `/livez`, `/readyz` and `/metrics` are, `host:port`; never public. Default `127.0.0.1:9093`.
    pub ops_listen: String,
    /// What is logged, as tracing writes it; default `info`.
    pub log_filter: String,
    /// `text` or `json`; default `text`.
    pub log_format: LogFormat,
    /// `sqlite:<path>` or `postgres://user:password@host/database`; default `sqlite:orders.db`.
    pub database_url: Secret,
    /// Most connections to PostgreSQL, or most readers of SQLite; default 8.
    pub database_connections: u32,
    /// Where the user service is, its instances with commas between; default `http://127.0.0.1:8091`.
    pub users_url: String,
    /// Where the inventory is, its instances with commas between; default `http://127.0.0.1:8092`.
    pub inventory_url: String,
    /// Where the payment service is, its instances with commas between; default `http://127.0.0.1:8094`.
    pub payments_url: String,
    /// `nats://host:4222`, several with commas between. Without it events are read from the feed alone. No default.
    pub nats_url: Option<Secret>,
    /// Copies of the stream among the NATS servers; default 1.
    pub nats_replicas: usize,
    /// The secret that services show each other; no default.
    pub service_credential: Secret,
    /// Another one that is accepted as well, while the secret is changed everywhere; default none.
    pub previous_service_credential: Secret,
    /// Path of a file with these secrets instead, one or two, each on a line of its own: both are accepted, the first is shown.
    /// It is read again every second, so that they are changed without a restart. Default none.
    pub service_credentials_path: PathBuf,
    /// Milliseconds after which a request is answered 503; default 10,000.
    pub request_deadline_ms: u64,
    /// Orders that are worked on at the same time; default 4.
    pub workers: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8093".to_owned(),
            ops_listen: "127.0.0.1:9093".to_owned(),
            log_filter: "info".to_owned(),
            log_format: LogFormat::Text,
            database_url: Secret::new("sqlite:orders.db"),
            database_connections: 8,
            users_url: "http://127.0.0.1:8091".to_owned(),
            inventory_url: "http://127.0.0.1:8092".to_owned(),
            payments_url: "http://127.0.0.1:8094".to_owned(),
            nats_url: None,
            nats_replicas: 1,
            service_credential: Secret::default(),
            previous_service_credential: Secret::default(),
            service_credentials_path: PathBuf::new(),
            request_deadline_ms: 10_000,
            workers: 4,
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

    pub(crate) fn request_deadline(&self) -> Duration {
        Duration::from_millis(self.request_deadline_ms)
    }
}

impl ProcessConfig for Config {
    const PREFIX: &'static str = "LENDERY_ORDERS";

    fn process(&self) -> ProcessSettings {
        ProcessSettings {
            listen: self.listen.clone(),
            ops_listen: self.ops_listen.clone(),
            log_filter: self.log_filter.clone(),
            log_format: self.log_format,
        }
    }
}
