use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use service_kit::RunError;
use service_kit::credential::{CredentialSource, ServiceCredentials, SharedCredential};
use service_kit::db::DatabaseSettings;
use service_kit::process::{ProcessConfig, ProcessSettings};
use service_kit::proxies::TrustedProxies;
use service_kit::telemetry::LogFormat;
use vocabulary::Secret;

use crate::app::{HashingLimits, Throttle, TokenPolicy};
use crate::domain::token::TokenParties;

/// The settings of the user service. Each is a key of its TOML file, and a variable: `LENDERY_USERS_` and the key in
/// capitals, with `_FILE` after it to name a file that holds the value.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `host:port` of the service; default `127.0.0.1:8091`.
    pub listen: String,
    /// `host:port` of the operations listener, never public; default `127.0.0.1:9091`.
    pub ops_listen: String,
    /// As tracing writes filters; default `info`.
    pub log_filter: String,
    /// `text` or `json`; default `text`.
    pub log_format: LogFormat,
    /// `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`; default `sqlite:users.db`.
    pub database_url: Secret,
    /// Most connections to PostgreSQL, or most readers of SQLite; default 8.
    pub database_connections: u32,
    /// The secret by which other services are known on `/internal`, at least 16 characters; no default.
    pub service_credential: Secret,
    /// Another one that is accepted as well, while the secret is changed everywhere; default none.
    pub previous_service_credential: Secret,
    /// Path of a file with these secrets instead, one or two, each on a line of its own. It is read again every second, so
    /// that they are changed without a restart. Default none.
    pub service_credentials_path: PathBuf,
    /// Who may say in `X-Forwarded-For` where a request came from: the gateway's networks, with commas between; default
    /// `127.0.0.0/8, ::1`.
    pub trusted_proxies: String,
    /// The `iss` of access tokens; default `lendery`.
    pub issuer: String,
    /// The `aud` of access tokens; default `lendery`.
    pub audience: String,
    /// Life of an access token in seconds, 30 to 3600; default 300.
    pub access_token_seconds: u32,
    /// Life of a session in days, from signing in until signing in again, 1 to 365; default 30.
    pub refresh_token_days: u32,
    /// Devices on which one user may be signed in at once, 1 to 1,000; one more ends the session that was not used for longest.
    /// Default 100.
    pub sessions_per_user: u32,
    /// Milliseconds after which a request is answered 503; default 10,000.
    pub request_deadline_ms: u64,
    /// Passwords hashed at once, each on a core and in 19 MiB; default half of the machine's cores.
    pub hashing_parallelism: usize,
    /// Passwords that may wait to be hashed before more are refused with 429; default 64.
    pub hashing_queue: usize,
    /// Wrong passwords, and registrations with an e-mail that is taken, that one address may send at once; one more every
    /// three seconds. Default 100, 0 for no bound.
    pub failed_attempts_per_address: u32,
    /// Milliseconds between two looks at the signing keys, in which instances learn what others have done; default 5,000.
    pub key_check_ms: u64,
    /// `redis://HOST:PORT` of some nodes of a Redis Cluster in which instances on one database remember sessions together,
    /// with commas between; default none.
    pub redis_urls: String,
    /// Bytes in which this process remembers sessions where there is no Redis. Several instances on one database must leave
    /// it at 0, the default: each would go on believing what another has revoked. `lendery up`, which is one process, passes
    /// a cache of its own.
    pub session_cache_bytes: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8091".to_owned(),
            ops_listen: "127.0.0.1:9091".to_owned(),
            log_filter: "info".to_owned(),
            log_format: LogFormat::default(),
            database_url: Secret::new("sqlite:users.db"),
            database_connections: 8,
            service_credential: Secret::default(),
            previous_service_credential: Secret::default(),
            service_credentials_path: PathBuf::new(),
            trusted_proxies: "127.0.0.0/8, ::1".to_owned(),
            issuer: "lendery".to_owned(),
            audience: "lendery".to_owned(),
            access_token_seconds: 300,
            refresh_token_days: 30,
            sessions_per_user: 100,
            request_deadline_ms: 10_000,
            hashing_parallelism: available_parallelism().map_or(1, NonZeroUsize::get).div_ceil(2),
            hashing_queue: 64,
            failed_attempts_per_address: 100,
            key_check_ms: 5_000,
            redis_urls: String::new(),
            session_cache_bytes: 0,
        }
    }
}

impl ProcessConfig for Config {
    const PREFIX: &'static str = "LENDERY_USERS";

    fn process(&self) -> ProcessSettings {
        ProcessSettings {
            listen: self.listen.clone(),
            ops_listen: self.ops_listen.clone(),
            log_filter: self.log_filter.clone(),
            log_format: self.log_format,
        }
    }
}

impl Config {
    /// What other services have to present, followed from here on where it is in a file.
    ///
    /// # Errors
    /// When there is no credential, or one that could be guessed.
    pub fn credentials(&self) -> Result<ServiceCredentials, RunError> {
        let source = CredentialSource {
            prefix: Self::PREFIX,
            path: self.service_credentials_path.clone(),
            current: self.service_credential.clone(),
            previous: self.previous_service_credential.clone(),
        };
        let followed = SharedCredential::follow(source).map_err(|error| RunError::Settings(error.to_string()))?;
        Ok(followed.accepted)
    }

    pub(crate) fn proxies(&self) -> Result<TrustedProxies, RunError> {
        self.trusted_proxies.parse().map_err(|error| RunError::Settings(format!("trusted_proxies: {error}")))
    }

    pub(crate) fn throttle(&self) -> Throttle {
        Throttle::new(self.failed_attempts_per_address)
    }

    pub(crate) fn key_check(&self) -> Result<Duration, RunError> {
        if self.key_check_ms == 0 {
            return Err(RunError::Settings("key_check_ms is 0; it has to be at least 1".into()));
        }
        Ok(Duration::from_millis(self.key_check_ms))
    }

    pub(crate) fn database(&self) -> DatabaseSettings {
        DatabaseSettings { url: self.database_url.clone(), max_connections: self.database_connections }
    }

    /// Some nodes of the Redis Cluster, if there is one.
    pub(crate) fn redis_urls(&self) -> Vec<String> {
        let urls = self.redis_urls.split(',').map(str::trim).filter(|url| !url.is_empty());
        urls.map(str::to_owned).collect()
    }

    /// Whether another instance on the same database could not make this one forget a session. SQLite has one instance only.
    pub(crate) fn remembers_alone(&self) -> bool {
        let is_shared = !self.database_url.expose().starts_with("sqlite:");
        is_shared && self.session_cache_bytes > 0 && self.redis_urls().is_empty()
    }

    pub(crate) fn request_deadline(&self) -> Duration {
        Duration::from_millis(self.request_deadline_ms)
    }

    pub(crate) fn hashing(&self) -> Result<HashingLimits, RunError> {
        if self.hashing_parallelism == 0 {
            return Err(RunError::Settings(
                "hashing_parallelism is 0; at least 1 password has to be hashed at once".into(),
            ));
        }
        Ok(HashingLimits { running: self.hashing_parallelism, waiting: self.hashing_queue })
    }

    pub(crate) fn tokens(&self) -> Result<TokenPolicy, RunError> {
        within("access_token_seconds", self.access_token_seconds, 30, 3600)?;
        within("refresh_token_days", self.refresh_token_days, 1, 365)?;
        within("sessions_per_user", self.sessions_per_user, 1, 1_000)?;
        if self.issuer.is_empty() || self.audience.is_empty() {
            return Err(RunError::Settings(
                "issuer and audience name who issues tokens and for whom; neither may be empty".into(),
            ));
        }
        Ok(TokenPolicy {
            parties: TokenParties { issuer: self.issuer.clone(), audience: self.audience.clone() },
            access_life: TimeDelta::seconds(self.access_token_seconds.into()),
            session_life: TimeDelta::days(self.refresh_token_days.into()),
            most_sessions: self.sessions_per_user,
        })
    }
}

fn within(key: &str, value: u32, least: u32, most: u32) -> Result<(), RunError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(RunError::Settings(format!("{key} is {value}; it has to be between {least} and {most}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn only_a_cache_of_its_own_beside_a_database_that_others_use_is_a_danger() {
        let alone = |database: &str, bytes, redis: &str| {
            let (database_url, redis_urls) = (Secret::new(database), redis.to_owned());
            Config { database_url, session_cache_bytes: bytes, redis_urls, ..Config::default() }.remembers_alone()
        };
        assert!(alone("postgres://users@db/users", 1, " , "));
        assert!(!alone("postgres://users@db/users", 1, "redis://cache:6379"));
        assert!(!alone("postgres://users@db/users", 0, ""));
        assert!(!alone("sqlite:users.db", 1, ""));
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        let error = Config { access_token_seconds: 0, ..Config::default() }.tokens().unwrap_err();
        assert!(error.to_string().contains("access_token_seconds"), "{error}");
        let error = Config { hashing_parallelism: 0, ..Config::default() }.hashing().unwrap_err();
        assert!(error.to_string().contains("hashing_parallelism"), "{error}");
    }
}
