//! The databases that the warehouse is filled from, with the tables and triggers of their own services.

mod trade;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, TransactionTrait};
use test_kit::process::{self, Process};
use test_kit::wait_until;
use tokio::net::TcpStream;

use crate::platform::{built, directory};

const DEADLINE: Duration = Duration::from_mins(2);
const ITEMS: u64 = 10_000;
const MEMBERS: u64 = 10_000;
const CATEGORIES: u64 = 50;

/// For so many reservations there is an order.
pub(super) const RESERVATIONS_OF_AN_ORDER: u64 = 10;

/// Connections of those who write, and one more.
const CONNECTIONS: u32 = 5;

/// What the warehouse reads of a reservation.
const LISTED: &str = "id, item_id, borrower_id, units, starts_at, ends_at, state, version, created_at, updated_at";

/// The statement that copies those rows.
fn copied(to: &str) -> String {
    format!("COPY (SELECT {LISTED} FROM reservations) TO {to} (FORMAT binary)")
}

/// The databases of the four services, with as many reservations as there are facts to be, and a tenth as many orders.
pub(super) struct Source {
    pub(super) users_url: String,
    pub(super) inventory_url: String,
    pub(super) orders_url: String,
    pub(super) payments_url: String,
    pub(super) facts: u64,
    pub(super) inventory: DatabaseConnection,
}

impl Source {
    /// Makes the databases on a server.
    pub(super) async fn fill(server: &str, name: &str, facts: u64) -> Result<Self> {
        let maintenance = Database::connect(server).await?;
        let (base, _) = server.rsplit_once('/').context("a URL with a database")?;
        let services = ["user", "inventory", "order", "payment"];
        let mut urls = Vec::new();
        for service in services {
            maintenance.execute_unprepared(&format!("CREATE DATABASE {name}_{service}")).await?;
            let url = format!("{base}/{name}_{service}");
            migrated(service, &url).await?;
            urls.push(url);
        }
        let [users_url, inventory_url, orders_url, payments_url] = urls.try_into().ok().context("four services")?;
        quietly(&Database::connect(&users_url).await?, &[members()]).await?;
        let orders = facts / RESERVATIONS_OF_AN_ORDER;
        quietly(&Database::connect(&orders_url).await?, &trade::orders(orders)).await?;
        quietly(&Database::connect(&payments_url).await?, &trade::payments(orders)).await?;
        let mut options = ConnectOptions::new(&inventory_url);
        options.max_connections(CONNECTIONS);
        let inventory = Database::connect(options).await?;
        quietly(&inventory, &[categories(), items(), reservations(facts)]).await?;
        Ok(Self { users_url, inventory_url, orders_url, payments_url, facts, inventory })
    }

    /// How long PostgreSQL takes to read the rows the warehouse reads and to throw them away.
    pub(super) async fn copy(&self) -> Result<Duration> {
        let begun = Instant::now();
        self.inventory.execute_unprepared(&copied("'/dev/null'")).await?;
        Ok(begun.elapsed())
    }

    /// How long that takes of every table that grows with the facts.
    pub(super) async fn copy_all(&self) -> Result<Duration> {
        let mut took = self.copy().await?;
        for (url, tables) in
            [(&self.orders_url, ["orders", "order_lines"]), (&self.payments_url, ["payments", "ledger"])]
        {
            let database = Database::connect(url).await?;
            for table in tables {
                let begun = Instant::now();
                database.execute_unprepared(&format!("COPY {table} TO '/dev/null' (FORMAT binary)")).await?;
                took += begun.elapsed();
            }
        }
        Ok(took)
    }

    /// How long it takes to send them to another process, PostgreSQL's own client, which throws them away.
    pub(super) async fn copy_out(&self) -> Result<Duration> {
        let mut client = process::command("psql");
        client.args(["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--output", "/dev/null"]);
        client.args(["--dbname", &self.inventory_url, "--command", &copied("STDOUT")]);
        let begun = Instant::now();
        let mut client = Process::start(&mut client);
        let status = client.end(DEADLINE).await;
        let took = begun.elapsed();
        ensure!(status.success(), "psql: {}", client.stderr());
        Ok(took)
    }

    /// Writes down what is still in memory alone, so that nothing measured later pays for what was before.
    pub(super) async fn checkpoint(&self) -> Result<()> {
        self.inventory.execute_unprepared("CHECKPOINT").await?;
        Ok(())
    }

    /// Changes so many rows, spread over the table; in each round others.
    pub(super) async fn change(&self, rows: u64, round: usize) -> Result<()> {
        let apart = self.facts / rows;
        let number = format!("n * {apart} - {round} % {apart}");
        let sql = format!(
            "UPDATE reservations SET state = 'returned', version = version + 1, updated_at = now()
             WHERE id IN (SELECT {} FROM generate_series(1, {rows}) AS numbers(n))",
            id(5, &number)
        );
        self.inventory.execute_unprepared(&sql).await?;
        Ok(())
    }

    /// Changes one row, as a transaction of its own.
    pub(super) async fn change_one(&self, number: u64) -> Result<()> {
        let sql = format!(
            "UPDATE reservations SET version = version + 1, updated_at = now() WHERE id = {}",
            id(5, &(number % self.facts + 1).to_string())
        );
        self.inventory.execute_unprepared(&sql).await?;
        Ok(())
    }
}

/// Lets a service make its tables, and stops it.
async fn migrated(service: &str, database_url: &str) -> Result<()> {
    let program = format!("{service}-service");
    let prefix = if service == "inventory" { "INVENTORY".to_owned() } else { format!("{}S", service.to_uppercase()) };
    let path = built()?.join(&program);
    ensure!(path.exists(), "{} is missing: `cargo xtask bench` builds it", path.display());
    let listen = format!("127.0.0.1:{}", TcpListener::bind("127.0.0.1:0")?.local_addr()?.port());
    let photos = directory()?;
    let mut command = process::command(path);
    let settings = [
        ("DATABASE_URL", database_url),
        ("LISTEN", &listen),
        ("OPS_LISTEN", "127.0.0.1:0"),
        ("LOG_FILTER", "warn"),
        ("SERVICE_CREDENTIAL", "a-credential-for-benchmarks-only"),
    ];
    command.envs(settings.map(|(key, value)| (format!("LENDERY_{prefix}_{key}"), value)));
    command.env("LENDERY_INVENTORY_PHOTOS", photos.path());
    let mut process = Process::start(&mut command);
    wait_until("the service answers", DEADLINE, async || TcpStream::connect(&listen).await.is_ok()).await;
    process.terminate(DEADLINE).await;
    Ok(())
}

/// Writes rows that are right without telling anybody of them one by one.
async fn quietly(db: &DatabaseConnection, statements: &[String]) -> Result<()> {
    let tx = db.begin().await?;
    tx.execute_unprepared("SET LOCAL session_replication_role = replica").await?;
    for statement in statements {
        tx.execute_unprepared(statement).await?;
    }
    tx.commit().await?;
    db.execute_unprepared("VACUUM ANALYZE").await?;
    Ok(())
}

/// The id of this kind and number, an expression too.
fn id(kind: u8, number: &str) -> String {
    format!("('018bcfe5-6801-700{kind}-8000-' || lpad(to_hex(CAST({number} AS bigint)), 12, '0'))::uuid")
}

fn members() -> String {
    format!(
        "INSERT INTO users (id, display_name, search_text, role, status, version, created_at, updated_at, password_changed_at)
         SELECT {}, 'Member', 'member', 'member', 'active', 1, now(), now(), now()
         FROM generate_series(1, {MEMBERS}) AS numbers(n)",
        id(2, "n")
    )
}

fn categories() -> String {
    format!(
        "INSERT INTO categories (id, slug, name, version, created_at, updated_at)
         SELECT {}, 'category-' || n, 'Category ' || n, 1, now(), now() FROM generate_series(1, {CATEGORIES}) AS numbers(n)",
        id(1, "n")
    )
}

fn items() -> String {
    format!(
        "INSERT INTO items (id, owner_id, name, name_key, description, category_id, condition, offer, units,
            daily_price_minor, currency, max_loan_days, buffer_hours, approval, status, version, created_at, updated_at)
         SELECT {}, {}, 'Drill', 'drill', 'A drill', {}, 'good', 'lend', 1, n % 5000, 'EUR', 14, 0, 'auto', 'listed', 1,
            now(), now()
         FROM generate_series(1, {ITEMS}) AS numbers(n)",
        id(3, "n"),
        id(2, &format!("n % {MEMBERS} + 1")),
        id(1, &format!("n % {CATEGORIES} + 1"))
    )
}

fn reservations(facts: u64) -> String {
    let start = "timestamptz '2025-01-01' + n % 500 * interval '1 day'";
    format!(
        "INSERT INTO reservations ({LISTED})
         SELECT {}, {}, {}, 1, {start}, {start} + interval '3 days',
            (ARRAY['confirmed', 'checked_out', 'returned', 'released'])[n % 4 + 1], 3, {start}, {start}
         FROM generate_series(1, {facts}) AS numbers(n)",
        id(5, "n"),
        id(3, &format!("n % {ITEMS} + 1")),
        id(2, &format!("n * 7 % {MEMBERS} + 1"))
    )
}
