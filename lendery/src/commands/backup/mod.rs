//! Backups of a data directory: a folder of the same shape, with a list of its files and their checksums.

mod copy;
mod create;
mod manifest;
mod restore;
mod verify;

use std::path::Path;

use crate::cli::Backup;

/// The rooms of a data directory that a backup holds as files. Databases are copied by SQLite itself.
const FILES: [&str; 3] = ["photos", "secrets", "warehouse"];

pub(super) async fn run(data_dir: &Path, command: Backup) -> anyhow::Result<()> {
    match command {
        Backup::Create { to } => create::run(data_dir, &to).await,
        Backup::Verify { from } => verify::run(&from),
        Backup::Restore { from } => restore::run(&from, data_dir),
    }
}
