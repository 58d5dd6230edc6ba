use std::path::PathBuf;

use clap::Args;

/// What is looked at: a data directory, or the parts of a production topology that are named.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// As one JSON document, for programs.
    #[arg(long)]
    pub(crate) json: bool,
    /// The folder with the addresses of the databases, <service>-database-url, as deploy/secrets.sh writes them.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) secrets: Option<PathBuf>,
    /// The nodes of the Redis Cluster, with commas between.
    #[arg(long, value_name = "redis://HOST:PORT", value_delimiter = ',')]
    pub(crate) redis: Vec<String>,
    /// The operations listeners of the processes, with commas between.
    #[arg(long, value_name = "http://HOST:PORT", value_delimiter = ',')]
    pub(crate) ops: Vec<String>,
}
