use std::time::Duration;

use serde::{Deserialize, Serialize};
use service_kit::RunError;
use service_kit::process::{ProcessConfig, ProcessSettings};
use service_kit::telemetry::LogFormat;
use vocabulary::Secret;

/// As many characters as 32 random bytes have in base64 without its padding, rounded down: shorter keys could be guessed.
const LEAST_KEY_CHARACTERS: usize = 32;

/// The settings of the pages. A field's variable is `LENDERY_WEB_` and its name in capitals.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the pages are, `host:port`; default `127.0.0.1:8095`.
    pub listen: String,
    /// Where `/livez`, `/readyz` and `/metrics` are, `host:port`; never public. Default `127.0.0.1:9095`.
    pub ops_listen: String,
    /// What is logged, as tracing writes it; default `info`.
    pub log_filter: String,
    /// `text` or `json`; default `text`.
    pub log_format: LogFormat,
    /// Where the user service is, its instances with commas between; default `http://127.0.0.1:8091`.
    pub users_url: String,
    /// Where the inventory is, its instances with commas between; default `http://127.0.0.1:8092`.
    pub inventory_url: String,
    /// Where the order service is; default `http://127.0.0.1:8093`.
    pub orders_url: String,
    /// Where the payment service is; default `http://127.0.0.1:8094`.
    pub payments_url: String,
    /// Where the warehouse is; default none: there are no reports then.
    pub warehouse_url: String,
    /// Where the gateway's operations listener is; default none: breakers and caches are not shown then.
    pub operations_url: String,
    /// Whether the checkout offers the payment service's `test` provider, which moves no money; default no.
    pub test_payments: bool,
    /// The secret that session cookies are sealed with, at least 32 characters and the same on every instance; no default.
    pub session_key: Secret,
    /// Another one whose cookies are still read, while the secret is changed everywhere; default none.
    pub previous_session_key: Secret,
    /// Whether people reach the pages by https only: then the session cookie is named `__Host-session` and never sent
    /// without encryption. Default no, so that `http://localhost` works.
    pub secure_cookies: bool,
    /// Milliseconds after which a request is answered 503; default 10,000.
    pub request_deadline_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8095".to_owned(),
            ops_listen: "127.0.0.1:9095".to_owned(),
            log_filter: "info".to_owned(),
            log_format: LogFormat::Text,
            users_url: "http://127.0.0.1:8091".to_owned(),
            inventory_url: "http://127.0.0.1:8092".to_owned(),
            orders_url: "http://127.0.0.1:8093".to_owned(),
            payments_url: "http://127.0.0.1:8094".to_owned(),
            warehouse_url: String::new(),
            operations_url: String::new(),
            test_payments: false,
            session_key: Secret::default(),
            previous_session_key: Secret::default(),
            secure_cookies: false,
            request_deadline_ms: 10_000,
        }
    }
}

impl Config {
    pub(crate) fn request_deadline(&self) -> Duration {
        Duration::from_millis(self.request_deadline_ms)
    }

    /// The key that seals, then those that only open.
    ///
    /// # Errors
    /// When there is none, or one that could be guessed.
    pub(crate) fn session_keys(&self) -> Result<Vec<&Secret>, RunError> {
        let previous = Some(&self.previous_session_key).filter(|key| !key.expose().is_empty());
        let keys: Vec<_> = [&self.session_key].into_iter().chain(previous).collect();
        match keys.iter().find(|key| key.expose().chars().count() < LEAST_KEY_CHARACTERS) {
            None => Ok(keys),
            Some(_) => Err(RunError::Settings(format!(
                "a session key has fewer than {LEAST_KEY_CHARACTERS} characters; make one with `head -c 32 /dev/urandom \
                 | base64` and set LENDERY_WEB_SESSION_KEY, or LENDERY_WEB_SESSION_KEY_FILE to a file that holds it"
            ))),
        }
    }
}

impl ProcessConfig for Config {
    const PREFIX: &'static str = "LENDERY_WEB";

    fn process(&self) -> ProcessSettings {
        ProcessSettings {
            listen: self.listen.clone(),
            ops_listen: self.ops_listen.clone(),
            log_filter: self.log_filter.clone(),
            log_format: self.log_format,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_short_key_is_named_with_its_remedy() {
        let long = Secret::new("k".repeat(32));
        for (current, previous) in [("", ""), ("short", ""), (long.expose(), "short")] {
            let config = Config {
                session_key: Secret::new(current),
                previous_session_key: Secret::new(previous),
                ..Config::default()
            };
            let error = config.session_keys().unwrap_err().to_string();
            assert!(error.contains("LENDERY_WEB_SESSION_KEY"), "{error}");
        }
        assert_eq!(Config { session_key: long, ..Config::default() }.session_keys().unwrap().len(), 1);
    }
}
