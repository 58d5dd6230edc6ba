use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

use super::manifest::Manifest;
use super::{FILES, copy};
use crate::data_dir::{DataDir, SERVICES};

/// How long a database may take to finish the write that it is at.
const PATIENCE: Duration = Duration::from_secs(30);

/// A database that nobody writes to for as long as this value is there. Reads go on.
struct Held {
    file: PathBuf,
    lock: SqliteConnection,
}

/// Backs a data directory up, whether it is in use or not.
///
/// No service may write while the databases are copied, so that they agree with each other; what comes meanwhile waits. Of
/// photos, which never change, only those that are newer than the first look are left for that time. The warehouse goes first
/// and may be older than the databases: its next run catches up.
#[expect(clippy::print_stdout, reason = "the outcome of a command")]
pub(super) async fn run(data_dir: &Path, to: &Path) -> anyhow::Result<()> {
    let data_dir = DataDir::existing(data_dir)?;
    copy::empty(to)?;
    if std::path::absolute(to)?.starts_with(std::path::absolute(data_dir.path())?) {
        bail!("{} lies in the data directory; choose a folder elsewhere, best on another disk", to.display());
    }
    copy::private_folder(to)?;
    for room in FILES {
        copy::missing_files(&data_dir.path().join(room), &to.join(room))?;
    }
    databases(&data_dir, to).await?;
    let manifest = Manifest::of(to)?;
    manifest.write(to)?;
    println!("{} has {} files, {} bytes.", to.display(), manifest.files.len(), manifest.bytes());
    Ok(())
}

async fn databases(data_dir: &DataDir, to: &Path) -> anyhow::Result<()> {
    let folder = to.join("databases");
    copy::private_folder(&folder)?;
    let mut held = Vec::new();
    // Always in the same order, so that two backups at once wait for each other.
    for name in SERVICES.into_iter().chain(["etl"]) {
        let file = data_dir.database_file(name);
        if file.exists() {
            held.push(Held::hold(file).await?);
        }
    }
    copy::missing_files(&data_dir.path().join("photos"), &to.join("photos"))?;
    for database in &held {
        database.copy(&folder).await?;
    }
    for database in held {
        database.release().await?;
    }
    Ok(())
}

impl Held {
    async fn hold(file: PathBuf) -> anyhow::Result<Self> {
        let mut lock = open(&file).await?;
        sqlx::query("BEGIN IMMEDIATE")
            .execute(&mut lock)
            .await
            .with_context(|| format!("{} is being written to for too long; try again", file.display()))?;
        Ok(Self { file, lock })
    }

    async fn copy(&self, folder: &Path) -> anyhow::Result<()> {
        let target = folder.join(self.file.file_name().context("a database is a file")?);
        let mut reader = open(&self.file).await?;
        sqlx::query("VACUUM INTO ?")
            .bind(target.to_str().context("the folder's name is not Unicode")?)
            .execute(&mut reader)
            .await
            .with_context(|| format!("{} cannot be copied to {}", self.file.display(), target.display()))?;
        reader.close().await?;
        copy::settled(&target)
    }

    async fn release(mut self) -> anyhow::Result<()> {
        sqlx::query("ROLLBACK").execute(&mut self.lock).await?;
        Ok(self.lock.close().await?)
    }
}

async fn open(file: &Path) -> anyhow::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(file).busy_timeout(PATIENCE);
    SqliteConnection::connect_with(&options)
        .await
        .with_context(|| format!("the database {} cannot be opened; `lendery doctor` says more", file.display()))
}
