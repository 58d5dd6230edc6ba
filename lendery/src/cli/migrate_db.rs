use std::path::PathBuf;

use clap::{ArgGroup, Args};

/// Where an embedded database goes.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("target").required(true)))]
pub(crate) struct MigrateDb {
    /// The database to move, such as sqlite:data/databases/inventory.db; which service it is of shows in its tables.
    #[arg(long, value_name = "sqlite:FILE", required_unless_present = "to_folder", conflicts_with = "to_folder")]
    pub(crate) from: Option<String>,
    /// The empty database to move it to. Other users of this machine can read a command line: better name a file.
    #[arg(long, value_name = "postgres://USER:PASSWORD@HOST/DATABASE", group = "target")]
    pub(crate) to: Option<String>,
    /// A file that holds the address to move it to.
    #[arg(long, value_name = "FILE", group = "target")]
    pub(crate) to_file: Option<PathBuf>,
    /// Move all four databases of --data-dir, each to the address in <service>-database-url of this folder, as
    /// deploy/secrets.sh writes them.
    #[arg(long, value_name = "FOLDER", group = "target")]
    pub(crate) to_folder: Option<PathBuf>,
    /// How many rows go over in one transaction.
    #[arg(long, value_name = "ROWS", default_value_t = 500, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    pub(crate) batch_rows: i64,
}
