use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use service_kit::credential::CredentialSource;
use service_kit::process::{ProcessConfig, ProcessSettings};
use service_kit::telemetry::LogFormat;
use vocabulary::Secret;

/// What the operator decides. As a variable a field is `LENDERY_ETL_` and its name in capitals.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `host:port` of the service; default `127.0.0.1:9003`.
    pub listen: String,
    /// `host:port` of the operations listener, which must not be public; default `127.0.0.1:9103`.
    pub ops_listen: String,
    /// What is logged, as tracing filters it; default `info,buoyant_kernel=warn`, as the kernel of Delta Lake tells of every file
    /// that it reads.
    pub log_filter: String,
    /// `text` or `json`; default `text`.
    pub log_format: LogFormat,
    /// The user service's database; only read. Default `sqlite:users.db`.
    pub users_database_url: Secret,
    /// The inventory service's database; only read. Default `sqlite:inventory.db`.
    pub inventory_database_url: Secret,
    /// The order service's database; only read. Default none: there is no such service.
    pub orders_database_url: Secret,
    /// The payment service's database; only read. Default none: there is no such service.
    pub payments_database_url: Secret,
    /// Where the user service is, which says who is an administrator, its instances with commas between; default
    /// `http://127.0.0.1:8091`.
    pub users_url: String,
    /// The secret that services show each other; no default. Without it nobody is let in over HTTP, and the schedule runs.
    pub service_credential: Secret,
    /// Path of a file with that secret on its first line instead. It is read again every second. Default none.
    pub service_credentials_path: PathBuf,
    /// The warehouse's own small database: the lease and the records of runs. Default `sqlite:etl.db`.
    pub database_url: Secret,
    /// The folder of the tables, created if its parent exists, or a place in a bucket: `s3://bucket/path`, `gs://bucket/path`
    /// or `az://container/path`. Default `warehouse`.
    pub warehouse: PathBuf,
    /// How to reach the bucket: `key=value` after `key=value` with white space between, such as `aws_region=eu-central-1`.
    /// docs/warehouse.md names the keys. Default none.
    pub warehouse_options: Secret,
    /// What ids are hashed with, at least 16 bytes; no default. It must be kept outside the warehouse, and for as long:
    /// with another key the same user is another one.
    pub pseudonym_key: Secret,
    /// An interval (`90s`, `15m`, `6h`, `1d`) or a cron line of five fields in UTC. Default `15m`: members' changes are a
    /// quarter of an hour old at most, and an idle run costs milliseconds.
    pub schedule: String,
    /// Seconds after its last sign of life for which a run keeps others away; default 60. A run that died blocks the next
    /// one for as long.
    pub lease_seconds: u32,
    /// Days for which files are kept that no table needs any more, so that readers of an older version can go on; default 7.
    pub kept_days: u32,
    /// Seconds after which a query is given up; default 60.
    pub query_seconds: u32,
    /// Seconds without an answer, or without the next row, after which a source is given up; default 120. How long all of it
    /// takes does not matter.
    pub source_seconds: u32,
    /// Seconds for which a bucket that does not answer is asked again; default 30.
    pub bucket_seconds: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:9003".to_owned(),
            ops_listen: "127.0.0.1:9103".to_owned(),
            log_filter: "info,buoyant_kernel=warn".to_owned(),
            log_format: LogFormat::default(),
            users_database_url: Secret::new("sqlite:users.db"),
            inventory_database_url: Secret::new("sqlite:inventory.db"),
            orders_database_url: Secret::default(),
            payments_database_url: Secret::default(),
            users_url: "http://127.0.0.1:8091".to_owned(),
            service_credential: Secret::default(),
            service_credentials_path: PathBuf::new(),
            database_url: Secret::new("sqlite:etl.db"),
            warehouse: PathBuf::from("warehouse"),
            warehouse_options: Secret::default(),
            pseudonym_key: Secret::default(),
            schedule: "15m".to_owned(),
            lease_seconds: 60,
            kept_days: 7,
            query_seconds: 60,
            source_seconds: 120,
            bucket_seconds: 30,
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
    const PREFIX: &'static str = "LENDERY_ETL";

    fn process(&self) -> ProcessSettings {
        ProcessSettings {
            listen: self.listen.clone(),
            ops_listen: self.ops_listen.clone(),
            log_filter: self.log_filter.clone(),
            log_format: self.log_format,
        }
    }
}
