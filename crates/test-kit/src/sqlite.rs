//! A SQLite file of its own for each test.

use std::path::PathBuf;

use tempfile::TempDir;

/// A database file that does not exist yet, in a temporary directory that goes with this value.
#[derive(Debug)]
pub struct Database {
    url: String,
    directory: TempDir,
}

/// A fresh, empty SQLite database.
pub fn database() -> Database {
    let directory = tempfile::Builder::new().prefix("lendery-sqlite.").tempdir().expect("a temporary directory");
    let url = format!("sqlite://{}?mode=rwc", directory.path().join("test.db").display());
    Database { url, directory }
}

impl Database {
    /// The URL that sqlx and sea-orm connect to; the first connection creates the file.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The database file.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("test.db")
    }
}
