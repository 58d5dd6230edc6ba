use std::thread;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::runtime;
use uuid::Uuid;

use super::server::{private_url, shared_url};

/// An empty database that belongs to one test and is dropped with this value, open connections or not.
#[derive(Debug)]
pub struct Database {
    url: String,
    name: String,
    server_url: String,
}

/// A fresh, empty PostgreSQL database.
pub async fn database() -> Database {
    create(shared_url().await).await
}

/// The same on a server that no other process uses: snapshots know no databases, so the transactions of others show in them.
pub async fn private_database() -> Database {
    create(private_url().await).await
}

async fn create(server_url: String) -> Database {
    let name = format!("test_{}", Uuid::now_v7().simple());
    execute(&server_url, format!("CREATE DATABASE {name} TEMPLATE template0"))
        .await
        .expect("a database on the test server");
    let (base, _maintenance) = server_url.rsplit_once('/').expect("the server's URL names a database");
    Database { url: format!("{base}/{name}"), name, server_url }
}

impl Database {
    /// The URL that sqlx and sea-orm connect to.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let url = self.server_url.clone();
        // A runtime cannot wait for work of its own inside a destructor, hence the thread.
        let outcome = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(sqlx::Error::Io)?;
            runtime.block_on(execute(&url, statement))
        })
        .join();
        if !matches!(outcome, Ok(Ok(()))) && !thread::panicking() {
            eprintln!("the database {} stays on the test server: {outcome:?}", self.name);
        }
    }
}

async fn execute(url: &str, statement: String) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    // The only variable part is a name made of letters and digits above.
    connection.execute(AssertSqlSafe(statement)).await?;
    connection.close().await
}
