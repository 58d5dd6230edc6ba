//! Embedded databases, moved into PostgreSQL. `migrate-db`, the crate, does the moving; here is what it has to know of the
//! services.

mod schema;

use std::path::Path;

use anyhow::{Context, bail};
use migrate_db::{Moved, Settings, Source, State, Step, Target, transfer};
use vocabulary::Secret;

use crate::cli::MigrateDb;
use crate::data_dir::{DataDir, SERVICES};

/// What a service puts into its own database when it first starts on it.
const MADE_AT_START: [&str; 4] = ["outbox_head", "security_events", "setup_token", "signing_keys"];

/// Its numbers are those of a history that ends with the move: the warehouse notices another one, and reads the tables whole
/// (docs/adr/0012-a-watermark-says-of-which-history-it-is.md).
const LEFT_BEHIND: [&str; 1] = ["etl_change"];

/// The service that a database is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    Users,
    Inventory,
    Payments,
    Orders,
}

/// Each with the table by which its database is known.
const KNOWN_BY: [(Service, &str); 4] = [
    (Service::Users, "users"),
    (Service::Inventory, "items"),
    (Service::Payments, "ledger"),
    (Service::Orders, "orders"),
];

/// Moves one database, or all of a data directory.
pub(super) async fn run(data_dir: &Path, arguments: MigrateDb) -> anyhow::Result<()> {
    let MigrateDb { from, to, to_file, to_folder, batch_rows } = arguments;
    if let Some(folder) = to_folder {
        return all(data_dir, &folder, batch_rows).await;
    }
    let from = from.unwrap_or_default();
    let Some(file) = from.strip_prefix("sqlite:") else {
        bail!("--from names an embedded database, such as sqlite:data/databases/inventory.db");
    };
    let to = match (to, to_file) {
        (Some(url), _) => Secret::new(url),
        (None, Some(file)) => address(&file)?,
        (None, None) => bail!("--to or --to-file says where the database goes"),
    };
    one(Path::new(file.trim_start_matches("//")), &to, batch_rows).await
}

/// The four databases one after another. What has been moved is left as it is, so that the command can be repeated.
async fn all(data_dir: &Path, folder: &Path, batch_rows: i64) -> anyhow::Result<()> {
    let data_dir = DataDir::existing(data_dir)?;
    let _lock = data_dir.lock()?;
    let addresses = SERVICES.iter().map(|name| address(&folder.join(format!("{name}-database-url"))));
    let addresses = addresses.collect::<anyhow::Result<Vec<_>>>()?;
    for (name, url) in SERVICES.iter().zip(addresses) {
        one(&data_dir.database_file(name), &url, batch_rows).await.with_context(|| format!("{name} is not moved"))?;
    }
    Ok(())
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the outcome of a command, and how it is getting on")]
async fn one(file: &Path, url: &Secret, batch_rows: i64) -> anyhow::Result<()> {
    let mut source = Source::open(file).await?;
    let service = service_of(&mut source, file).await?;
    let settings = Settings { made_at_start: &MADE_AT_START, left_behind: &LEFT_BEHIND, batch_rows };
    let mut target = Target::connect(url.expose()).await?;
    if target.state(&settings).await? == State::Empty {
        // The connection would count as somebody who is at work on the database.
        target.close().await;
        schema::make(service, url).await?;
        target = Target::connect(url.expose()).await?;
    }
    let mut rows = 0;
    let mut told = |step| match step {
        Step::Copied { table, rows } => eprintln!("{table}: {rows} rows are there"),
        Step::Verified { table, rows: same } => {
            rows += same;
            eprintln!("{table}: {same} rows are the same on both sides");
        }
    };
    let moved = transfer(&mut source, &mut target, &settings, &mut told).await?;
    target.close().await;
    match moved {
        Moved::Now => println!("{} is moved: {rows} rows, all compared.", file.display()),
        Moved::Before => println!("{} was moved before, and is left as it is.", file.display()),
    }
    Ok(())
}

async fn service_of(source: &mut Source, file: &Path) -> anyhow::Result<Service> {
    for (service, table) in KNOWN_BY {
        if source.has_table(table).await? {
            return Ok(service);
        }
    }
    bail!(
        "{} is the database of no service; those of a data directory are {}",
        file.display(),
        SERVICES.map(|name| format!("databases/{name}.db")).join(", ")
    )
}

/// The address in a file.
fn address(file: &Path) -> anyhow::Result<Secret> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read; it should hold the address to move to", file.display()))?;
    Ok(Secret::new(text.trim()))
}
