use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Deserialize;
use service_kit::telemetry::Exporter;
use service_kit::{process, shutdown};
use tokio_util::sync::CancellationToken;

use crate::cli::Up;
use crate::data_dir::{DataDir, Secrets};
use crate::demo;
use crate::stack::{Backstage, Front};

/// How long a stop may take before it is given up: longer than the services' own time to drain.
const STOPPING: Duration = Duration::from_secs(30);

/// What happened to the demo.
enum Demo {
    NotAskedFor,
    Filled,
    /// The directory had data.
    LeftAlone,
}

#[derive(Deserialize)]
struct SetupToken {
    token: String,
}

/// Runs everything until a signal asks it to stop, or a service ends.
pub(super) async fn run(path: &Path, arguments: Up, exporter: Option<Exporter>) -> anyhow::Result<()> {
    let asked_to_stop = shutdown::on_signal().context("the process cannot listen for signals")?;
    let overdue = async {
        asked_to_stop.cancelled().await;
        tokio::time::sleep(STOPPING).await;
    };
    tokio::select! {
        outcome = Box::pin(serve(path, arguments, exporter, asked_to_stop.clone())) => outcome,
        () = overdue => bail!("the services did not stop within {} s", STOPPING.as_secs()),
    }
}

async fn serve(
    path: &Path,
    arguments: Up,
    exporter: Option<Exporter>,
    asked_to_stop: CancellationToken,
) -> anyhow::Result<()> {
    let data_dir = DataDir::open(path)?;
    let lock = data_dir.lock()?;
    let listener = process::bind(&arguments.listen).await?;
    let ops_listener = process::bind(&arguments.ops_listen).await?;
    let secrets = Secrets::open(&data_dir)?;
    let is_unused = data_dir.is_unused();
    if arguments.demo && is_unused {
        data_dir.begin_demo()?;
    }
    let mut backstage = Backstage::without_trade(&data_dir, &secrets, lock).await?;
    let exporting = exporter.map(|exporter| exporter.start(backstage.ops()));
    let demo = match (arguments.demo, is_unused) {
        (false, _) => Demo::NotAskedFor,
        (true, false) => Demo::LeftAlone,
        (true, true) => {
            demo::fill(backstage.http(), backstage.endpoints().users, &data_dir, &secrets.service_credential).await?;
            data_dir.finish_demo()?;
            Demo::Filled
        }
    };
    backstage.open_trade().await?;
    let setup_token = setup_token(&backstage, &secrets).await?;
    let web = listener.local_addr()?;
    let ops = ops_listener.local_addr()?;
    let front = Front::start(backstage, &secrets, listener, ops_listener).await?;
    announce(&welcome(web, ops, &data_dir, &demo, setup_token.as_deref()));
    let outcome = front.run_until(asked_to_stop).await;
    if let Some(exporting) = exporting {
        exporting.finish().await;
    }
    outcome
}

/// The token of the link that makes the first administrator; nothing when there is one.
async fn setup_token(backstage: &Backstage, secrets: &Secrets) -> anyhow::Result<Option<String>> {
    let url = format!("http://{}/internal/v1/setup-token", backstage.endpoints().users);
    let request = backstage.http().post(url).bearer_auth(secrets.service_credential.expose());
    let response = request.send().await.context("the user service does not answer")?;
    match response.status().as_u16() {
        409 => Ok(None),
        200 | 201 => Ok(Some(response.json::<SetupToken>().await?.token)),
        status => bail!("the user service gave no setup link: it answered {status}"),
    }
}

/// Where everything is, for whoever has started it.
fn welcome(web: SocketAddr, ops: SocketAddr, data_dir: &DataDir, demo: &Demo, setup_token: Option<&str>) -> String {
    let mut text = format!(
        "Lendery is running.\n\n  \
         web         http://{web}/\n  \
         API         http://{web}/api/v1, described at http://{web}/docs\n  \
         operations  http://{ops}/readyz, /metrics, /ops/breakers, /ops/cache\n  \
         data        {}\n",
        data_dir.path().display()
    );
    match demo {
        Demo::NotAskedFor => {}
        Demo::LeftAlone => text.push_str("  demo        not filled in: the data directory has data\n"),
        Demo::Filled => {
            text.push_str("\nSign in as one of the demo's members, with e-mail and password:\n\n");
            for person in demo::PEOPLE {
                let _infallible = writeln!(text, "  {:<20} {}", person.email, person.password);
            }
        }
    }
    if let Some(token) = setup_token {
        let _infallible = write!(
            text,
            "\nBecome the first administrator with this link, good once and until the next start:\n\n  \
             http://{web}/setup?token={token}\n"
        );
    }
    let _infallible = write!(text, "\nready http://{web}");
    text
}

#[expect(clippy::print_stdout, reason = "what a start prints is its interface")]
fn announce(text: &str) {
    println!("{text}");
}
