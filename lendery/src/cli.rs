//! The command line: what can be said, and nothing of what it does.

mod doctor;
mod migrate_db;
mod orders;
mod payments;
mod simulate;

pub(crate) use doctor::Doctor;
pub(crate) use migrate_db::MigrateDb;
pub(crate) use orders::{Orders, Stuck};
pub(crate) use payments::Payments;
pub(crate) use simulate::Simulate;

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};
use service_kit::telemetry::Collector;

/// Lendery, the sharing platform a town's tool library hosts itself.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Where the data is.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// The directory that holds everything: databases, photos, secrets, warehouse.
    #[arg(long, global = true, env = "LENDERY_DATA_DIR", default_value = "./data", value_name = "DIR")]
    pub(crate) data_dir: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start everything in this process.
    Up(Up),
    /// Bring things in from files.
    #[command(subcommand)]
    Import(Import),
    /// Look after administrators.
    #[command(subcommand)]
    Admin(Admin),
    /// Look after the keys that sign access tokens.
    #[command(subcommand)]
    Keys(Keys),
    /// Look after what the gateway keeps in memory.
    #[command(subcommand)]
    Cache(Cache),
    /// Look after orders that cannot go on.
    #[command(subcommand)]
    Orders(Orders),
    /// Look after payments at the desk.
    #[command(subcommand)]
    Payments(Payments),
    /// Fill and ask the warehouse.
    #[command(subcommand)]
    Etl(etl::Command),
    /// Keep everything a second time, and bring it back.
    #[command(subcommand)]
    Backup(Backup),
    /// Move embedded databases into PostgreSQL while nothing runs. The same command again goes on with a move that was cut short.
    MigrateDb(MigrateDb),
    /// Let members who do not exist use a platform, and measure what they see of it.
    Simulate(Simulate),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Say whether everything is well, and what is not: ends with 0 when all is, 1 when something is not, 2 when something
    /// needs a look.
    Doctor(Doctor),
    /// Print a service's OpenAPI document.
    #[command(hide = true)]
    Openapi {
        /// `users`, `inventory`, `payments` or `orders`.
        #[arg(long)]
        service: String,
    },
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Up {
    /// Where people and programs reach Lendery; port 0 takes a free one.
    #[arg(long, env = "LENDERY_LISTEN", default_value = "127.0.0.1:8080", value_name = "HOST:PORT")]
    pub(crate) listen: String,
    /// Where the operator's tools reach it; never make it public.
    #[arg(long, env = "LENDERY_OPS_LISTEN", default_value = "127.0.0.1:8081", value_name = "HOST:PORT")]
    pub(crate) ops_listen: String,
    /// Fill an empty data directory with people and things to try it out.
    #[arg(long)]
    pub(crate) demo: bool,
    /// What is logged, to standard error: `warn`, `info`, `info,gateway=debug` …
    #[arg(long, env = "LENDERY_LOG", default_value = "warn", value_name = "FILTER")]
    pub(crate) log: String,
    /// Where spans of recorded traces are sent over OTLP/HTTP, such as `http://localhost:4318`. Without it none are recorded.
    #[arg(long, env = "LENDERY_TRACES_TO", value_name = "URL")]
    pub(crate) traces_to: Option<Collector>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Import items from a CSV file. The same file twice changes nothing.
    ///
    /// Its columns are `name,category,description,units,loan_days,tags` and optionally
    /// `external_id,daily_price,deposit,currency`; tags are separated by semicolons.
    Items {
        file: PathBuf,
        /// The member who owns the items.
        #[arg(long, value_name = "EMAIL")]
        owner: String,
        /// Check the whole file and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Import the rows that are right and report the others, instead of all or nothing.
        #[arg(long)]
        keep_going: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Create an administrator, or make one of the member with this e-mail. The password is read from standard input.
    Create {
        #[arg(long)]
        email: String,
        /// What others see.
        #[arg(long, value_name = "NAME")]
        display_name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Show each key and where it is in its life.
    List,
    /// Make a new key. It is published now and signs in six minutes; nobody is signed out by it.
    Rotate,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Cache {
    /// Make stored answers stale: each is asked for again, and the old one shown only if that fails.
    Purge(Purge),
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true)))]
pub(crate) struct Purge {
    /// All answers of this group, such as `items` or `item:<id>`; may be given several times.
    #[arg(long, value_name = "GROUP", group = "what")]
    pub(crate) group: Vec<String>,
    /// All answers to paths that begin so, such as `/api/v1/items`.
    #[arg(long, value_name = "PATH", group = "what")]
    pub(crate) prefix: Option<String>,
    /// Everything.
    #[arg(long, group = "what")]
    pub(crate) all: bool,
    /// Drop the answers at once instead of keeping them for failures.
    #[arg(long)]
    pub(crate) hard: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show every setting, its value and where it came from; secrets as ***.
    Print,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Backup {
    /// Copy databases, photos, secrets and warehouse into a new folder, while Lendery runs or not. Whoever has the folder has
    /// the secrets: keep it as safe as the data directory.
    Create {
        #[arg(long, value_name = "FOLDER")]
        to: PathBuf,
    },
    /// Say whether a backup is whole and undamaged.
    Verify {
        #[arg(long, value_name = "FOLDER")]
        from: PathBuf,
    },
    /// Make an empty --data-dir what it was when the backup was made.
    Restore {
        #[arg(long, value_name = "FOLDER")]
        from: PathBuf,
    },
}
