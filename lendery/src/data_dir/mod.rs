//! The one directory in which an embedded Lendery keeps everything.

mod endpoints;
mod secrets;

pub(crate) use endpoints::Endpoints;
pub(crate) use secrets::Secrets;

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};

/// The folders in it. Databases and secrets must not be read by others.
const ROOMS: [&str; 5] = ["databases", "photos", "run", "secrets", "warehouse"];

/// The services that keep a database here.
pub(crate) const SERVICES: [&str; 4] = ["users", "inventory", "payments", "orders"];

/// Names the services whose databases were once opened all together, one a line.
const COMPLETE_MARK: &str = "databases/complete";

/// There while a demo is being filled in, so that a start after a crash finishes it.
const DEMO_MARK: &str = "run/demo-unfinished";

/// There from then on.
const DEMO_COMPLETE_MARK: &str = "run/demo";

/// A data directory that exists and can be written to.
#[derive(Debug, Clone)]
pub(crate) struct DataDir {
    path: PathBuf,
}

/// Held by the one process that may run the services of a data directory. The lock falls when the process ends, however
/// it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl DataDir {
    /// The directory, whether it is there or not.
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Opens a directory that has been used before, for commands that would do nothing in a new one.
    pub(crate) fn existing(path: &Path) -> anyhow::Result<Self> {
        if !path.join(ROOMS[0]).is_dir() {
            bail!(
                "there is no data of Lendery in {}; start `lendery up` once, or choose another --data-dir",
                path.display()
            );
        }
        Self::open(path)
    }

    /// Opens the directory, creating it if it is missing. Its rooms are for this user only, whatever they were before.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let data_dir = Self::at(path);
        DirBuilder::new().recursive(true).mode(0o700).create(path).with_context(|| unusable(path))?;
        for room in ROOMS.map(|room| path.join(room)) {
            DirBuilder::new().recursive(true).mode(0o700).create(&room).with_context(|| unusable(&room))?;
            std::fs::set_permissions(&room, Permissions::from_mode(0o700)).with_context(|| unusable(&room))?;
        }
        // Folders that were there already may still refuse new files.
        data_dir.private_file("lock").with_context(|| unusable(path))?;
        Ok(data_dir)
    }

    /// The directory as it was given.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The address of a service's SQLite file.
    pub(crate) fn database_url(&self, service: &str) -> String {
        format!("sqlite:{}", self.database_file(service).display())
    }

    pub(crate) fn database_file(&self, service: &str) -> PathBuf {
        self.path.join("databases").join(format!("{service}.db"))
    }

    pub(crate) fn photos(&self) -> PathBuf {
        self.path.join("photos")
    }

    pub(crate) fn warehouse(&self) -> PathBuf {
        self.path.join("warehouse")
    }

    /// Refuses a directory that has lost a database: starting with an empty one in its place would hide the loss.
    pub(crate) fn check_databases(&self) -> anyhow::Result<()> {
        let complete = std::fs::read_to_string(self.path.join(COMPLETE_MARK)).unwrap_or_default();
        for file in complete.lines().map(|name| self.database_file(name)) {
            if std::fs::metadata(&file).map_or(0, |found| found.len()) == 0 {
                bail!(
                    "the database {} is missing or empty; restore it from a backup, or choose another --data-dir",
                    file.display()
                );
            }
        }
        Ok(())
    }

    /// Notes that all databases are there, so that one that is missing later is missed.
    pub(crate) fn databases_are_complete(&self) -> anyhow::Result<()> {
        let write = |mut file: File| file.write_all(SERVICES.join("\n").as_bytes());
        self.private_file(COMPLETE_MARK).and_then(write).with_context(|| unusable(&self.path))
    }

    /// Whether nobody has used it yet, or only a demo that was cut short while it was being filled.
    pub(crate) fn is_unused(&self) -> bool {
        !self.database_file("users").exists() || self.path.join(DEMO_MARK).exists()
    }

    /// Notes that the demo is being filled in.
    pub(crate) fn begin_demo(&self) -> anyhow::Result<()> {
        self.private_file(DEMO_MARK).map(drop).with_context(|| unusable(&self.path))
    }

    /// Notes that the demo is complete.
    pub(crate) fn finish_demo(&self) -> anyhow::Result<()> {
        let mark = self.path.join(DEMO_MARK);
        std::fs::rename(&mark, self.path.join(DEMO_COMPLETE_MARK))
            .with_context(|| format!("cannot rename {}", mark.display()))
    }

    /// Whether its people and things are those of the demo, so that no real money is to be expected.
    pub(crate) fn is_demo(&self) -> bool {
        [DEMO_MARK, DEMO_COMPLETE_MARK].iter().any(|mark| self.path.join(mark).exists())
    }

    /// The lock, or nothing when another process has it.
    pub(crate) fn try_lock(&self) -> anyhow::Result<Option<Lock>> {
        let file = self.private_file("lock").with_context(|| unusable(&self.path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", self.path.join("lock").display()))
            }
        }
    }

    /// The lock, or an error that says who has it.
    pub(crate) fn lock(&self) -> anyhow::Result<Lock> {
        self.try_lock()?.ok_or_else(|| {
            let holder = Endpoints::read(self).map(|e| format!(" (process {})", e.pid)).unwrap_or_default();
            let path = self.path.display();
            anyhow!("{path} is in use by another lendery{holder}; stop that one, or choose another --data-dir")
        })
    }

    fn private_file(&self, name: &str) -> std::io::Result<File> {
        OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(self.path.join(name))
    }
}

fn unusable(path: &Path) -> String {
    format!("{} cannot be written to; make it writable for this user, or choose another --data-dir", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_one_holder_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(directory.path()).unwrap();
        let lock = data_dir.lock().unwrap();
        let refusal = data_dir.lock().unwrap_err().to_string();
        assert!(refusal.contains("in use by another lendery"), "{refusal}");
        drop(lock);
        data_dir.lock().unwrap();
    }

    #[test]
    fn nobody_else_may_look_into_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("data");
        DataDir::open(&path).unwrap();
        std::fs::set_permissions(path.join("databases"), Permissions::from_mode(0o755)).unwrap();
        DataDir::open(&path).unwrap();
        for folder in ["", "secrets", "databases"] {
            let mode = std::fs::metadata(path.join(folder)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{folder}");
        }
    }

    #[test]
    fn a_lost_database_is_missed() {
        let directory = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(directory.path()).unwrap();
        data_dir.check_databases().unwrap();
        for name in SERVICES {
            std::fs::write(data_dir.database_file(name), "rows").unwrap();
        }
        data_dir.databases_are_complete().unwrap();
        data_dir.check_databases().unwrap();
        std::fs::write(data_dir.database_file("users"), "").unwrap();
        let refusal = data_dir.check_databases().unwrap_err().to_string();
        assert!(refusal.contains("users.db") && refusal.contains("backup"), "{refusal}");
    }

    #[test]
    fn a_mistyped_directory_is_not_made() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("dta");
        let refusal = DataDir::existing(&path).unwrap_err().to_string();
        assert!(refusal.contains("--data-dir"), "{refusal}");
        assert!(!path.exists());
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("data");
        std::fs::write(&path, "").unwrap();
        let refusal = format!("{:#}", DataDir::open(&path).unwrap_err());
        assert!(refusal.contains(path.to_str().unwrap()), "{refusal}");
        assert!(refusal.contains("--data-dir"), "{refusal}");
    }
}
