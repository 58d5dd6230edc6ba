//! What the operator decides. Each field says its unit and default; as a variable it is `LENDERY_GATEWAY_` and the name in
//! capitals, tables only in the file.

mod check;
mod list;
mod routes;
mod upstreams;

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use service_kit::config::Mistake;
use service_kit::credential::CredentialSource;
use service_kit::process::{ProcessConfig, ProcessSettings};
use service_kit::serve::Limits;
use service_kit::telemetry::LogFormat;
use vocabulary::Secret;

pub use routes::RouteConfig;
pub use upstreams::{UpstreamConfig, Upstreams};

/// The gateway's configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `host:port` of the public listener when it is a process of its own; default `127.0.0.1:8080`.
    pub listen: String,
    /// `host:port` of its operations listener then; default `127.0.0.1:8081`.
    pub ops_listen: String,
    /// `host:port` of a second public listener, over TLS and with HTTP/2. Default none; it needs the two files below.
    pub tls_listen: Option<String>,
    /// Its certificate with those that vouch for it, PEM; read again when it changes. Default none.
    pub tls_certificate: Option<PathBuf>,
    /// Its key, PEM, which only the gateway's own user and group may read. Default none.
    pub tls_key: Option<PathBuf>,
    /// What is logged then, as tracing writes it; default `info`.
    pub log_filter: String,
    /// `text` or `json`; default `text`.
    pub log_format: LogFormat,
    /// Host names that are answered, ports aside. Default none, which means any. As a variable: with commas between.
    #[serde(deserialize_with = "list::list_or_line")]
    pub hosts: Vec<String>,
    /// Origins whose pages may use the API from a browser, such as `https://app.example`. Default none. As a variable: with
    /// commas between.
    #[serde(deserialize_with = "list::list_or_line")]
    pub cors_origins: Vec<String>,
    /// Networks such as `10.0.0.0/8`, with commas between, of the balancers in front: what they say in `X-Forwarded-For` and
    /// `X-Forwarded-Proto` is believed, and they may hold any number of connections. Default none.
    pub trusted_proxies: String,
    /// How long browsers are to come over TLS only once they have, s (RFC 6797). Default 0: they are not told so.
    pub hsts_s: u32,
    /// The services by name. As a variable: `users=http://127.0.0.1:9001,inventory=http://127.0.0.1:9002`; an address without
    /// a name is another instance of the one before.
    pub upstreams: Upstreams,
    /// `redis://host:port` of some nodes of a Redis Cluster through which gateways share what they store. Default none: each
    /// stores for itself. As a variable: with commas between.
    #[serde(deserialize_with = "list::list_or_line")]
    pub redis_urls: Vec<String>,
    /// `nats://host:4222`, several with commas between: where the services tell what happens. Without it their feeds are
    /// asked each second. No default.
    pub nats_url: Option<Secret>,
    /// Copies of the stream among the NATS servers; default 1.
    pub nats_replicas: usize,
    /// The secret that services show each other, with which the orders are asked what happened. Without it changes that no
    /// write through the gateway makes show when what is stored expires. No default.
    pub service_credential: Secret,
    /// Path of a file with that secret on its first line instead. It is read again every second. Default none.
    pub service_credentials_path: PathBuf,
    /// Which paths go where; default: Lendery's own.
    pub routes: Vec<RouteConfig>,
    /// Whether the gateway serves its own pages: the API reference, what problems mean, a beginning. Default yes.
    pub pages: bool,
    /// The share of traces begun here that are recorded, 0 to 1; what a client's `traceparent` says of its own counts anyway.
    /// Default 0.
    pub trace_ratio: f64,
    pub cache: CacheConfig,
    pub limits: LimitsConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            ops_listen: "127.0.0.1:8081".to_owned(),
            tls_listen: None,
            tls_certificate: None,
            tls_key: None,
            log_filter: "info".to_owned(),
            log_format: LogFormat::default(),
            hosts: Vec::new(),
            cors_origins: Vec::new(),
            trusted_proxies: String::new(),
            hsts_s: 0,
            upstreams: Upstreams::default(),
            redis_urls: Vec::new(),
            nats_url: None,
            nats_replicas: 1,
            service_credential: Secret::default(),
            service_credentials_path: PathBuf::new(),
            routes: routes::lendery(),
            pages: true,
            trace_ratio: 0.0,
            cache: CacheConfig::default(),
            limits: LimitsConfig::default(),
        }
    }
}

impl Config {
    pub(crate) fn credential(&self) -> CredentialSource {
        CredentialSource {
            prefix: Self::PREFIX,
            path: self.service_credentials_path.clone(),
            current: self.service_credential.clone(),
            previous: Secret::default(),
        }
    }
}

impl ProcessConfig for Config {
    const PREFIX: &'static str = "LENDERY_GATEWAY";

    fn process(&self) -> ProcessSettings {
        ProcessSettings {
            listen: self.listen.clone(),
            ops_listen: self.ops_listen.clone(),
            log_filter: self.log_filter.clone(),
            log_format: self.log_format,
        }
    }

    fn mistakes(&self) -> Vec<Mistake> {
        Self::mistakes(self)
    }
}

/// What is kept in memory, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CacheConfig {
    /// Bytes of all stored responses; default 64 MiB.
    pub capacity_bytes: u64,
    /// Bytes of one stored body; larger ones pass through. Default 1 MiB.
    pub entry_bytes: u64,
    /// Stored responses to one address that differ by `Vary`; default 8.
    pub variants: usize,
    /// The longest time for a stored 404, 410 or other error, seconds; default 5, 0 means that none is stored.
    pub negative_ttl_s: u64,
    /// Lifetimes of 10 s and more are shortened by up to this many percent at random, so that what was stored together
    /// does not expire together; default 5.
    pub ttl_jitter_percent: u8,
    /// Whether `Cache-Control` of requests counts. Default no: anybody could ask the upstreams for work with it, and the
    /// cache is told of every change anyway.
    pub client_directives: bool,
    /// Cookies that make a request a person's own, never answered from the cache.
    pub session_cookies: Vec<String>,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            capacity_bytes: 64 * 1024 * 1024,
            entry_bytes: 1024 * 1024,
            variants: 8,
            negative_ttl_s: 5,
            ttl_jitter_percent: 5,
            client_directives: false,
            session_cookies: vec!["__Host-session".to_owned(), "session".to_owned()],
        }
    }
}

/// What one client, and all of them together, may take. See [`Limits`] for what each means.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Open connections in all; default 10,000.
    pub connections: usize,
    /// Open connections of one address; default 2,048, for many people may share one.
    pub connections_per_address: usize,
    /// From waiting for a request until its head is there, ms; default 8,000.
    pub head_deadline_ms: u64,
    /// From a request's head until its whole body is there, ms; default 30,000.
    pub body_deadline_ms: u64,
    /// How long an answer may be left unread, ms; default 30,000.
    pub write_stall_ms: u64,
    /// Bytes of a request's head; default 32 KiB.
    pub head_bytes: usize,
    /// Requests a minute that one address (of IPv6: one /64) may make of the services, as many of them at once; what comes
    /// from memory does not count. Default 0: any number, for many people may share an address.
    pub requests_per_minute: u32,
    /// The same for one access token. Default 0: any number.
    pub requests_per_minute_of_token: u32,
    /// From being asked to stop until no connection is accepted, ms; default 0.
    pub linger_ms: u64,
    /// How long begun requests may take then, ms; default 10,000.
    pub drain_ms: u64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_address: 2_048,
            head_deadline_ms: 8_000,
            body_deadline_ms: 30_000,
            write_stall_ms: 30_000,
            head_bytes: 32 * 1024,
            requests_per_minute: 0,
            requests_per_minute_of_token: 0,
            linger_ms: 0,
            drain_ms: 10_000,
        }
    }
}

impl LimitsConfig {
    pub(crate) fn to_limits(&self) -> Limits {
        Limits {
            connections: self.connections,
            connections_per_address: Some(self.connections_per_address),
            head_deadline: Duration::from_millis(self.head_deadline_ms),
            write_stall: Duration::from_millis(self.write_stall_ms),
            head_bytes: self.head_bytes,
            linger: Duration::from_millis(self.linger_ms),
            drain: Duration::from_millis(self.drain_ms),
            ..Limits::default()
        }
    }
}
