use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::json;

use crate::cli::{Cache, Purge};
use crate::data_dir::{DataDir, Endpoints};

/// The operations listener is on this machine; it answers at once or is in trouble.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct Purged {
    addresses: usize,
}

/// The cache is in the running process, so there has to be one.
#[expect(clippy::print_stdout, reason = "the outcome of a command")]
pub(super) async fn run(path: &Path, command: Cache) -> anyhow::Result<()> {
    let Cache::Purge(purge) = command;
    let data_dir = DataDir::existing(path)?;
    let Some(ops) = Endpoints::read(&data_dir).and_then(|endpoints| endpoints.ops) else {
        bail!("no lendery is running on {}: there is no cache to purge", path.display());
    };
    let request = peer::http_client(PATIENCE)?.post(format!("http://{ops}/ops/cache/purge")).timeout(PATIENCE);
    let response = request.json(&request_of(purge)).send().await.context("the running lendery does not answer")?;
    let purged: Purged = response.error_for_status()?.json().await?;
    println!("{} stored addresses are purged.", purged.addresses);
    Ok(())
}

fn request_of(purge: Purge) -> serde_json::Value {
    let Purge { group, prefix, all, hard } = purge;
    match prefix {
        Some(prefix) => json!({ "prefix": prefix, "hard": hard }),
        None if all => json!({ "all": true, "hard": hard }),
        None => json!({ "groups": group, "hard": hard }),
    }
}
