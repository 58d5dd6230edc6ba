//! The services that an order needs, each a process with a database of its own on one PostgreSQL server.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use serde_json::json;
use test_kit::http::{Client, send};
use test_kit::process::{self, Process};
use test_kit::wait_until;
use tokio::net::TcpStream;

use crate::platform::built;

const CREDENTIAL: &str = "a-credential-for-benchmarks-only";
const DEADLINE: Duration = Duration::from_secs(30);

/// Orders that are worked on at the same time.
pub(super) const WORKERS: usize = 16;

pub(super) struct Services {
    pub(super) users: Client,
    pub(super) inventory: Client,
    pub(super) orders: Client,
    /// The database of the order service.
    pub(super) db: DatabaseConnection,
    _processes: [Process; 4],
}

impl Services {
    /// `server` is the URL of the server's maintenance database.
    pub(super) async fn start(server: &str, directory: &Path) -> Result<Self> {
        let maintenance = Database::connect(server).await?;
        let (base, _) = server.rsplit_once('/').context("a URL with a database")?;
        for name in ["users", "inventory", "payments", "orders"] {
            maintenance.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
        }
        let database = |name: &str| ("DATABASE_URL", format!("{base}/{name}"));
        let long = ("ACCESS_TOKEN_SECONDS", "3600".to_owned());
        let (users_at, users) = start("user-service", "USERS", &[database("users"), long])?;
        let asked = ("USERS_URL", format!("http://{users_at}"));
        let photos = ("PHOTOS", directory.join("photos").display().to_string());
        let inventory = [database("inventory"), asked.clone(), photos];
        let (inventory_at, inventory) = start("inventory-service", "INVENTORY", &inventory)?;
        let payments = [database("payments"), asked.clone(), ("TEST", "true".to_owned())];
        let (payments_at, payments) = start("payment-service", "PAYMENTS", &payments)?;
        let settings = [
            database("orders"),
            asked,
            ("INVENTORY_URL", format!("http://{inventory_at}")),
            ("PAYMENTS_URL", format!("http://{payments_at}")),
            ("WORKERS", WORKERS.to_string()),
            ("DATABASE_CONNECTIONS", (2 * WORKERS).to_string()),
        ];
        let (orders_at, orders) = start("order-service", "ORDERS", &settings)?;
        for address in [&users_at, &inventory_at, &payments_at, &orders_at] {
            let answers = async || TcpStream::connect(address).await.is_ok();
            wait_until("the services answer", DEADLINE, answers).await;
        }
        let client = |address: &str| Client::new(format!("http://{address}"));
        Ok(Self {
            users: client(&users_at),
            inventory: client(&inventory_at),
            orders: client(&orders_at),
            db: Database::connect(format!("{base}/orders")).await?,
            _processes: [users, inventory, payments, orders],
        })
    }

    /// Makes a category by importing one thing into it; its name in addresses.
    pub(super) async fn category(&self) -> Result<&'static str> {
        let account =
            json!({ "email": "importer@bench.example", "password": "nine loud windmills", "display_name": "I" });
        let importer = self.users.post("/api/v1/auth/register", &account).await.expect(201).json();
        let owner = importer["id"].as_str().context("an id")?;
        let path = format!("/internal/v1/items/import?owner_id={owner}");
        let csv = "name,category,description,units,loan_days,tags\nStool,Ladders,,1,7,\n";
        let request = self.inventory.with_token(CREDENTIAL).request(Method::POST, &path);
        send(request.header("content-type", "text/csv").body(csv)).await.expect(200);
        Ok("ladders")
    }
}

/// Starts a service; its address and its process.
fn start(name: &str, prefix: &str, settings: &[(&str, String)]) -> Result<(String, Process)> {
    let program = built()?.join(name);
    ensure!(program.exists(), "{} is missing: `cargo xtask bench` builds it", program.display());
    let listen = format!("127.0.0.1:{}", TcpListener::bind("127.0.0.1:0")?.local_addr()?.port());
    let own = [
        ("LISTEN", listen.clone()),
        ("OPS_LISTEN", "127.0.0.1:0".to_owned()),
        ("LOG_FILTER", "warn".to_owned()),
        ("SERVICE_CREDENTIAL", CREDENTIAL.to_owned()),
    ];
    let mut command = process::command(program);
    command.envs(own.iter().chain(settings).map(|(key, value)| (format!("LENDERY_{prefix}_{key}"), value)));
    Ok((listen, Process::start(&mut command)))
}
