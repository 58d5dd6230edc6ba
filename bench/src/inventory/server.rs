use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use sea_orm::{Database, DatabaseConnection};
use test_kit::http::Client;
use test_kit::process::{self, Process};
use test_kit::wait_until;
use tokio::net::TcpStream;

use crate::platform::built;

const CREDENTIAL: &str = "a-credential-for-benchmarks-only";
const DEADLINE: Duration = Duration::from_secs(30);

/// The inventory service as a process of its own on a database, and the database beside it.
pub(super) struct Server {
    pub(super) process: Process,
    pub(super) client: Client,
    pub(super) db: DatabaseConnection,
}

impl Server {
    /// Starts it; its database has all its tables then.
    pub(super) async fn start(database_url: &str, directory: &Path) -> Result<Self> {
        let program = built()?.join("inventory-service");
        ensure!(program.exists(), "{} is missing: `cargo xtask bench` builds it", program.display());
        let listen = format!("127.0.0.1:{}", TcpListener::bind("127.0.0.1:0")?.local_addr()?.port());
        let mut command = process::command(program);
        command
            .env("LENDERY_INVENTORY_DATABASE_URL", database_url)
            .env("LENDERY_INVENTORY_LISTEN", &listen)
            .env("LENDERY_INVENTORY_OPS_LISTEN", "127.0.0.1:0")
            .env("LENDERY_INVENTORY_LOG_FILTER", "warn")
            .env("LENDERY_INVENTORY_PHOTOS", directory.join("photos"))
            .env("LENDERY_INVENTORY_SERVICE_CREDENTIAL", CREDENTIAL);
        let process = Process::start(&mut command);
        let answers = async || TcpStream::connect(&listen).await.is_ok();
        wait_until("the inventory service answers", DEADLINE, answers).await;
        let client = Client::new(format!("http://{listen}"));
        client.get("/api/v1/categories").await.expect(200);
        Ok(Self { process, client, db: Database::connect(database_url).await? })
    }

    /// What other services call it with.
    pub(super) fn service(&self) -> Client {
        self.client.with_token(CREDENTIAL)
    }
}
