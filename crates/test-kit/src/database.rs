use std::fmt;
use std::thread;

use crate::{postgres, sqlite};

/// The two database engines every service runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// One file, in process.
    Sqlite,
    /// A server of its own.
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// An empty database that belongs to one test and is gone when this value is dropped, open connections or not.
#[derive(Debug)]
pub enum TestDatabase {
    /// A file in a temporary directory.
    Sqlite(sqlite::Database),
    /// A database on the shared server, or on this process's own.
    Postgres(postgres::Database),
}

impl TestDatabase {
    /// A fresh, empty database on `engine`.
    pub async fn on(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::Sqlite(sqlite::database()),
            Engine::Postgres => Self::Postgres(postgres::database().await),
        }
    }

    /// The same, with the server to itself: for what depends on all transactions of a server.
    pub async fn alone(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::Sqlite(sqlite::database()),
            Engine::Postgres => Self::Postgres(postgres::private_database().await),
        }
    }

    /// The URL that sqlx and sea-orm connect to.
    pub fn url(&self) -> &str {
        match self {
            Self::Sqlite(database) => database.url(),
            Self::Postgres(database) => database.url(),
        }
    }

    /// Which engine this database is on.
    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }
}

/// Runs `test` on a fresh SQLite database, then on a fresh PostgreSQL one; a failure says on which.
pub async fn on_every_database(test: impl AsyncFn(TestDatabase)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        run(&test, TestDatabase::on(engine).await).await;
    }
}

/// The same on a PostgreSQL server that no other process uses.
pub async fn on_every_database_alone(test: impl AsyncFn(TestDatabase)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        run(&test, TestDatabase::alone(engine).await).await;
    }
}

async fn run(test: &impl AsyncFn(TestDatabase), database: TestDatabase) {
    let _named = NameWhenPanicking(database.engine());
    test(database).await;
}

struct NameWhenPanicking(Engine);

impl Drop for NameWhenPanicking {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the test failed on {}", self.0);
        }
    }
}
